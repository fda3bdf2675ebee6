import { once } from 'node:events'
import t from 'tap'
import { parseJson } from '../../src/http/body.ts'
import { text } from '../../src/http/reply.ts'
import type { Route } from '../../src/http/route.ts'
import { testDoor } from '../support/http/door.ts'

const JSON_TYPE = { 'content-type': 'application/json' }
const echo: Route = {
  method: 'POST',
  path: '/echo',
  body: { maxBytes: 100, contentTypes: ['application/json'] },
  answer: ({ body }) => {
    const parsed = parseJson(body)
    return 'refused' in parsed ? parsed.refused : text(200, JSON.stringify(parsed.value))
  },
}
const hello: Route = { method: 'GET', path: '/hello', answer: () => text(200, 'hello') }
const post = (body: string | Uint8Array, headers: Record<string, string> = JSON_TYPE) => {
  return { method: 'POST', body, headers }
}

t.test('a body arrives whole, in one piece or chunked', async (t) => {
  const { url, raw } = await testDoor(t, [echo])
  const response = await fetch(`${url}/echo`, post('{"a":1}', { 'content-type': 'Application/JSON; charset=utf-8' }))
  t.same([response.status, await response.text()], [200, '{"a":1}\n'])
  const head = 'POST /echo HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n'
  t.match(await raw([head, '3\r\n{"a\r\n', '4\r\n":1}\r\n', '0\r\n\r\n'], /\{"a":1\}\n$/), /^HTTP\/1\.1 200/)
})

t.test('what is no JSON, or no UTF-8, is a 400 that says so', async (t) => {
  const { url } = await testDoor(t, [echo])
  for (const [body, why] of [
    ['{', /no JSON/],
    ['', /no JSON/],
    [new Uint8Array([0x22, 0xff, 0x22]), /not UTF-8/],
  ] as const) {
    const response = await fetch(`${url}/echo`, post(body))
    t.equal(response.status, 400)
    t.match(await response.text(), why)
  }
})

t.test('another content type, none, and a compressed body are a 415', async (t) => {
  const { url } = await testDoor(t, [echo])
  for (const [headers, why] of [
    [{ 'content-type': 'text/plain' }, /text\/plain: send application\/json/],
    [{ ...JSON_TYPE, 'content-encoding': 'gzip' }, /gzip/],
  ] as const) {
    const response = await fetch(`${url}/echo`, post('{}', headers))
    t.equal(response.status, 415)
    t.match(await response.text(), why)
  }
  t.equal((await fetch(`${url}/echo`, { method: 'POST', body: new Uint8Array(2) })).status, 415)
})

t.test('too large a body is a 413, announced or not, and the connection serves the next request', async (t) => {
  const { url, raw } = await testDoor(t, [echo, hello])
  const large = `"${'x'.repeat(100)}"`
  const response = await fetch(`${url}/echo`, post(large))
  t.same([response.status, await response.text()], [413, 'the body is too large: at most 100 bytes\n'])
  const head = 'POST /echo HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n'
  const next = 'GET /hello HTTP/1.1\r\nhost: x\r\n\r\n'
  const heard = await raw([head, `66\r\n${large}\r\n`, '5\r\nhello\r\n0\r\n\r\n', next], /hello\n$/)
  t.match(heard, /^HTTP\/1\.1 413.*HTTP\/1\.1 200/s)
  t.equal((await fetch(`${url}/echo`, post(`"${'x'.repeat(98)}"`))).status, 200)
})

t.test('a sender too slow with its body is a 408, and so is one too slow with its head', async (t) => {
  const { raw } = await testDoor(t, [echo], { clientMs: 100 })
  const head = 'POST /echo HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n'
  t.match(await raw([head, '{']), /^HTTP\/1\.1 408 /)
  t.match(await raw(['GET /hello HTTP/1.1\r\nhost: ']), /^HTTP\/1\.1 408 /)
})

t.test('clients that never close their half are let go: the door opens again for others', async (t) => {
  const { url, socket } = await testDoor(t, [hello], { clientMs: 2_000 })
  const idle = Array.from({ length: 64 }, () => socket({ allowHalfOpen: true }))
  await Promise.all(idle.map((one) => once(one, 'connect')))
  await t.rejects(fetch(`${url}/hello`), 'the door is full')
  await Promise.all(idle.map((one) => once(one.resume(), 'end')))
  t.equal((await fetch(`${url}/hello`)).status, 200)
})

t.test('one address of the network gets 16 connections, and this machine is not shut out by it', async (t) => {
  const { url, socket, raw } = await testDoor(t, [hello])
  const flood = Array.from({ length: 64 }, () => socket({ localAddress: '127.0.0.3' }).resume())
  const ends = flood.map((one) => new Promise<'cut'>((resolve) => one.once('close', () => resolve('cut'))))
  await Promise.all(ends.slice(16))
  t.equal((await fetch(`${url}/hello`)).status, 200)
  const open = flood.filter((one) => !one.destroyed)
  t.equal(open.length, 16)
  for (const one of open) one.destroy()
  let answer = ''
  // The server hears of the closed ones in its own time.
  while (answer === '')
    answer = await raw(['GET /hello HTTP/1.1\r\nhost: x\r\n\r\n'], /hello/, { localAddress: '127.0.0.3' })
  t.match(answer, /^HTTP\/1\.1 200/)
})

t.test('a client that hangs up within its body gets no page, and the next one is served', async (t) => {
  let asked = 0
  const counting: Route = { ...echo, answer: () => text(200, String(++asked)) }
  const { url, socket, lines } = await testDoor(t, [counting, hello])
  const gone = socket()
  gone.write('POST /echo HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{')
  await once(gone, 'connect')
  gone.resetAndDestroy()
  t.equal((await fetch(`${url}/hello`)).status, 200)
  t.equal(asked, 0)
  t.notOk(lines().some(({ msg }) => msg === 'HttpPageFailed'))
})

t.test('a page hears that its client is gone', async (t) => {
  let aborted: Promise<unknown> | undefined
  let begun: () => void = () => undefined
  const waiting = new Promise<void>((resolve) => {
    begun = resolve
  })
  const slow: Route = {
    method: 'GET',
    path: '/slow',
    answer: async (_, signal) => {
      aborted = once(signal, 'abort')
      begun()
      await aborted
      return text(200, 'late')
    },
  }
  const { socket, lines } = await testDoor(t, [slow])
  const client = socket()
  client.write('GET /slow HTTP/1.1\r\nhost: x\r\n\r\n')
  await waiting
  client.destroy()
  await aborted
  t.same(lines(), [])
})

t.test('requests sent at once are answered in order, and an unread body is not taken for a request', async (t) => {
  const { raw } = await testDoor(t, [hello, echo])
  const smuggled = 'GET /hello HTTP/1.1\r\nhost: y\r\n\r\n'
  const nobody = `POST /nope HTTP/1.1\r\nhost: x\r\ncontent-length: ${smuggled.length}\r\n\r\n${smuggled}`
  const last = 'GET /nope HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n'
  const heard = await raw([`GET /hello HTTP/1.1\r\nhost: x\r\n\r\n${nobody}${last}`])
  t.same(
    [...heard.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status),
    ['200', '404', '404'],
  )
})

t.test('two lengths, or a length beside chunks, are refused and the connection closed', async (t) => {
  const { raw } = await testDoor(t, [echo])
  for (const lengths of ['content-length: 2\r\ncontent-length: 3', 'content-length: 2\r\ntransfer-encoding: chunked']) {
    const heard = await raw([`POST /echo HTTP/1.1\r\nhost: x\r\n${lengths}\r\n\r\n{}`])
    t.match(heard, /^HTTP\/1\.1 400/)
  }
})

t.test('a line break in a header of an answer is a 500, not a header of its own', async (t) => {
  const bad: Route = { ...hello, answer: () => text(200, 'x', { 'x-name': 'a\r\nset-cookie: b' }) }
  const { url } = await testDoor(t, [bad])
  const response = await fetch(`${url}/hello`)
  t.equal(response.status, 500)
  t.equal(response.headers.get('set-cookie'), null)
})

t.test('who is not allowed in gets the status and challenge, before the body is read or the page asked', async (t) => {
  let asked = 0
  const counting: Route = { ...echo, answer: () => text(200, String(++asked)) }
  const { url, raw } = await testDoor(t, [counting], {
    authorize: ({ headers }) =>
      headers.authorization === 'Bearer right'
        ? 'allow'
        : { status: 401, text: 'Unauthorized', challenge: 'Bearer realm="heald"' },
  })
  const head = 'POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\nconnection: close\r\n\r\n'
  const heard = await raw([head], /Unauthorized\n$/)
  t.match(heard, /^HTTP\/1\.1 401.*www-authenticate: Bearer realm="heald"\r\n/is)
  t.equal(asked, 0)
  const allowed = await fetch(`${url}/echo`, post('{}', { ...JSON_TYPE, authorization: 'Bearer right' }))
  t.equal(allowed.status, 200)
})

t.test('a guard that fails lets nobody in', async (t) => {
  let asked = 0
  const { url, lines } = await testDoor(t, [{ ...hello, answer: () => text(200, String(++asked)) }], {
    authorize: () => Promise.reject(new Error('no TokenReview')),
  })
  t.equal((await fetch(`${url}/hello`)).status, 500)
  t.equal(asked, 0)
  t.match(lines(), [{ msg: 'HttpPageFailed' }])
})

t.test('closing lets an answer under way end, and takes no more', async (t) => {
  let finish: () => void = () => undefined
  let begun: () => void = () => undefined
  const isAsked = new Promise<void>((resolve) => {
    begun = resolve
  })
  const slow: Route = {
    ...hello,
    answer: () => {
      begun()
      return new Promise((resolve) => {
        finish = () => resolve(text(200, 'at last'))
      })
    },
  }
  const door = await testDoor(t, [slow])
  const under = fetch(`${door.url}/hello`)
  await isAsked
  const closed = door.close()
  await t.rejects(fetch(`${door.url}/hello`))
  finish()
  t.equal(await (await under).text(), 'at last\n')
  await closed
})

t.test('closing waits for no answer that does not come', async (t) => {
  let begun: () => void = () => undefined
  const isAsked = new Promise<void>((resolve) => {
    begun = resolve
  })
  const never: Route = {
    ...hello,
    answer: () => {
      begun()
      return new Promise(() => undefined)
    },
  }
  const door = await testDoor(t, [never])
  const cut = t.rejects(fetch(`${door.url}/hello`))
  await isAsked
  await door.close()
  await cut
})
