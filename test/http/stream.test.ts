import { once } from 'node:events'
import t from 'tap'
import type { Route, StreamClient } from '../../src/http/route.ts'
import { testDoor } from '../support/http/door.ts'

const ASK = 'GET /events HTTP/1.1\r\nhost: x\r\n\r\n'

function feed(open: (client: StreamClient) => void, heartbeatMs = 60_000): Route {
  return { method: 'GET', path: '/events', answer: () => ({ open, heartbeatMs }) }
}

t.test('a client hears each event with its id, its name and every line of its data', async (t) => {
  const { url } = await testDoor(t, [
    feed((client) => {
      client.send({ id: '7', event: 'repair', data: 'one\ntwo\r\nthree' })
      client.send({ data: '' })
    }),
  ])
  const response = await fetch(`${url}/events`)
  t.equal(response.headers.get('content-type'), 'text/event-stream')
  const { value } = (await response.body?.getReader().read()) ?? {}
  t.equal(new TextDecoder().decode(value), 'id: 7\nevent: repair\ndata: one\ndata: two\ndata: three\n\ndata: \n\n')
})

t.test('a line break in an id or a name begins no field of its own', async (t) => {
  const { raw } = await testDoor(t, [
    feed((client) => client.send({ id: '1\nevent: a', event: 'b\r\ndata: c', data: 'd' })),
  ])
  const heard = await raw([ASK], /data: d\n\n/)
  t.match(heard, 'id: 1 event: a\nevent: b  data: c\ndata: d\n\n')
})

t.test('a quiet stream is kept open by comments, longer than a request may take', async (t) => {
  const { raw } = await testDoor(t, [feed(() => undefined, 20)], { clientMs: 50 })
  t.match(await raw([ASK], /(:\n\n.*){8}/s), /^HTTP\/1\.1 200/)
})

t.test('a client that does not read is cut off, and the others hear on', async (t) => {
  const clients: StreamClient[] = []
  const { socket, raw } = await testDoor(t, [feed((client) => clients.push(client))])
  const slow = socket()
  slow.pause()
  slow.write(ASK)
  const reader = raw([ASK], /last/)
  while (clients.length < 2) await new Promise(setImmediate)
  const data = 'x'.repeat(64 * 1024)
  const isCut = (): boolean => clients.some(({ signal }) => signal.aborted)
  for (let sent = 0; sent < 2_000 && !isCut(); sent++) {
    for (const client of clients) client.send({ data })
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  t.equal(clients.filter(({ signal }) => signal.aborted).length, 1)
  for (const client of clients) client.send({ data: 'last' })
  t.match(await reader, /last/)
})

t.test('sending to who is gone does nothing, and who opened it hears that', async (t) => {
  const clients: StreamClient[] = []
  const { socket } = await testDoor(t, [feed((client) => clients.push(client))])
  const client = socket()
  client.write(ASK)
  await once(client, 'data')
  client.destroy()
  while (clients[0]?.signal.aborted !== true) await new Promise(setImmediate)
  t.doesNotThrow(() => clients[0]?.send({ data: 'nobody' }))
})

t.test('streams end with the server, at once', async (t) => {
  const door = await testDoor(t, [feed((client) => client.send({ data: 'a' }))])
  const client = door.socket()
  client.write(ASK)
  await once(client, 'data')
  const at = performance.now()
  await Promise.all([once(client, 'close'), door.close()])
  t.ok(performance.now() - at < 900)
})

t.test('one stream too many is a 503, and HEAD opens none', async (t) => {
  let opened = 0
  const { url, raw } = await testDoor(t, [feed(() => opened++)], { maxStreams: 1 })
  const head = await fetch(`${url}/events`, { method: 'HEAD' })
  t.same([head.status, head.headers.get('content-type'), opened], [200, 'text/event-stream', 0])
  await raw([ASK], /event-stream/)
  t.equal((await fetch(`${url}/events`)).status, 503)
  t.equal(opened, 1)
})
