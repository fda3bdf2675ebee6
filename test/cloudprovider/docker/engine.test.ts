import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { createEngine, type Engine } from '../../../src/cloudprovider/docker/engine.ts'
import { Image } from '../../../src/cloudprovider/docker/schema.ts'

const never = new AbortController().signal
const due = Object.assign(new AbortController().signal, { isOver: () => false })
const log = { debug() {}, info() {}, warn() {}, error() {} }
const post = { method: 'POST', path: '/containers/x/start' } as const

async function serve(t: Test, listener: RequestListener): Promise<Engine> {
  const folder = await mkdtemp(join(tmpdir(), 'heald-engine-test-'))
  const socket = join(folder, 'engine.sock')
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(socket, resolve))
  t.teardown(async () => {
    server.closeAllConnections()
    server.close()
    await rm(folder, { recursive: true })
  })
  return createEngine(socket, log)
}

t.test('each status has its kind; a 4xx changed nothing, a 5xx may have', async (t) => {
  let status = 200
  const engine = await serve(t, (_incoming, outgoing) => {
    outgoing.writeHead(status, { 'retry-after': '3' })
    outgoing.end('{"message":"because"}')
  })
  for (const [code, kind, effect] of [
    [400, 'invalid', 'none'],
    [403, 'unauthorized', 'none'],
    [404, 'not-found', 'none'],
    [409, 'conflict', 'none'],
    [418, 'invalid', 'none'],
    [429, 'throttled', 'none'],
    [500, 'unavailable', 'maybe'],
    [501, 'unsupported', 'maybe'],
  ] as const) {
    status = code
    const error = { name: 'ProviderError', message: /because/, kind, effect, retryAfterMs: 3_000 }
    await t.rejects(engine.change(post, due), error, String(code))
    if (code >= 500) await t.rejects(engine.read('/x', Image, never), { name: 'ProviderError', message: /500|501/ })
  }
})

t.test('already so (304) is as good as done, and what is not there reads as undefined', async (t) => {
  const engine = await serve(t, (incoming, outgoing) => {
    outgoing.writeHead(incoming.method === 'GET' ? 404 : 304)
    outgoing.end()
  })
  t.same(await engine.change(post, due), { body: undefined })
  t.equal(await engine.read('/images/x/json', Image, never), undefined)
})

t.test('an engine that is not there was never asked; one that hangs up in the middle may have acted', async (t) => {
  const nobody = createEngine('/nowhere/docker.sock', log)
  const error = { name: 'ProviderError', message: /ENOENT/, kind: 'unavailable', effect: 'none' }
  await t.rejects(nobody.change(post, due), error)
  const rude = await serve(t, (_incoming, outgoing) => outgoing.destroy())
  await t.rejects(rude.change(post, due), { name: 'ProviderError', message: /POST/, effect: 'maybe' })
  await t.rejects(rude.read('/x', Image, never), { name: 'ProviderError', message: /GET/, effect: 'none' })
})

t.test('an error never carries the settings that were sent', async (t) => {
  const rude = await serve(t, (_incoming, outgoing) => outgoing.destroy())
  const thrown = await rude.change({ ...post, body: { Env: ['TOKEN=hunter2'] } }, due).catch((error: unknown) => error)
  t.notMatch(JSON.stringify(thrown, Object.getOwnPropertyNames(thrown)), /hunter2/)
  const { cause } = thrown as Error
  t.same(Object.keys(cause as Error), ['code'])
})

t.test('an answer of another shape is an error that says what is wrong', async (t) => {
  const engine = await serve(t, (_incoming, outgoing) => outgoing.end('{"Id":7}'))
  await t.rejects(engine.read('/images/x/json', Image, never), { message: /Id/ })
  const garbage = await serve(t, (_incoming, outgoing) => outgoing.end('<html>'))
  await t.rejects(garbage.read('/images/x/json', Image, never), { name: 'ProviderError' })
})

t.test('an abort ends a call with its reason', async (t) => {
  const engine = await serve(t, () => undefined)
  const reason = new Error('lease lost')
  const own = new AbortController()
  setImmediate(() => own.abort(reason))
  t.equal(
    await engine.change(post, Object.assign(own.signal, { isOver: () => false })).catch((thrown: unknown) => thrown),
    reason,
  )
})

t.test('a name with odd characters stays one path segment', async (t) => {
  let seen: string | undefined
  const engine = await serve(t, (incoming, outgoing) => {
    seen = incoming.url
    outgoing.end('{}')
  })
  await engine.change(
    { method: 'POST', path: `/containers/${encodeURIComponent('a/../b')}/start`, query: { t: 1 } },
    due,
  )
  t.equal(seen, '/containers/a%2F..%2Fb/start?t=1')
})

t.test('no change goes out once its fence has ended', async (t) => {
  let asked = 0
  const engine = await serve(t, (_incoming, outgoing) => {
    asked += 1
    outgoing.end()
  })
  const over = Object.assign(new AbortController().signal, { isOver: () => true })
  await t.rejects(engine.change(post, over), { name: 'ProviderError', effect: 'none', message: /the fence had ended/ })
  t.equal(asked, 0)
})
