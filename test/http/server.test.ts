import { once } from 'node:events'
import { connect } from 'node:net'
import t, { type Test } from 'tap'
import type { Explanation } from '../../src/core/model/view.ts'
import { createLiveness } from '../../src/http/liveness.ts'
import type { Pages } from '../../src/http/routes.ts'
import { type HttpServers, startHttp } from '../../src/http/server.ts'
import { createLog } from '../../src/telemetry/log.ts'

const explanation: Explanation = {
  node: 'worker-1',
  kind: 'healthy',
  summary: 'every check passes',
  rung: undefined,
  gates: [],
  checks: [],
  repair: undefined,
  changes: [],
}
const healthy: Pages = {
  livez: () => undefined,
  readyz: () => undefined,
  metrics: async () => ({ contentType: 'text/plain; version=0.0.4', body: 'heald_leader 1\n' }),
  status: () => ({ leading: true, token: 'abc', note: 'Bearer abcdef123456', nodes: new Map([['worker', 3]]) }),
  why: (node) => (node === 'worker-1' ? explanation : { ...explanation, node, kind: 'unknown-node' }),
}

async function serve(t: Test, pages: Partial<Pages> = {}): Promise<{ servers: HttpServers; lines: string[] }> {
  const lines: string[] = []
  const log = createLog({ level: 'debug', destination: { write: (line) => void lines.push(line) } })
  const at = { host: '127.0.0.1', port: 0, metricsHost: '127.0.0.2', metricsPort: 0 }
  const servers = await startHttp({ ...at, pages: { ...healthy, ...pages }, log })
  t.teardown(() => servers.close())
  return { servers, lines }
}

async function get(at: { host: string; port: number }, path: string, init: RequestInit = {}) {
  const response = await fetch(`http://${at.host}:${at.port}${path}`, init)
  return { status: response.status, type: response.headers.get('content-type') ?? '', body: await response.text() }
}

t.test('probes and metrics are served on both addresses, status and why on the local one only', async (t) => {
  const { servers } = await serve(t)
  for (const at of [servers.local, servers.public]) {
    t.match(await get(at, '/livez'), { status: 200, body: 'ok\n' })
    t.match(await get(at, '/readyz'), { status: 200, body: 'ok\n' })
    t.match(await get(at, '/metrics'), { status: 200, type: 'text/plain; version=0.0.4', body: 'heald_leader 1\n' })
  }
  t.equal((await get(servers.local, '/status')).status, 200)
  t.equal((await get(servers.local, '/why/worker-1')).status, 200)
  for (const path of ['/status', '/why/worker-1', '/status?x=1', '/why/']) {
    t.match(await get(servers.public, path), { status: 404, body: /local address only.*port-forward/ })
  }
})

t.test('one address for everything needs one server', async (t) => {
  const { lines, servers: other } = await serve(t)
  const log = createLog({ level: 'debug', destination: { write: (line) => void lines.push(line) } })
  const port = other.local.port
  await other.close()
  const servers = await startHttp({
    host: '127.0.0.1',
    port,
    metricsHost: '127.0.0.1',
    metricsPort: port,
    pages: healthy,
    log,
  })
  t.teardown(() => servers.close())
  t.equal((await get(servers.public, '/status')).status, 200)
})

t.test('a probe that fails says why', async (t) => {
  const { servers } = await serve(t, { livez: () => 'the loop is stuck', readyz: () => 'no list yet' })
  t.match(await get(servers.public, '/livez'), { status: 503, body: 'the loop is stuck\n' })
  t.match(await get(servers.public, '/readyz'), { status: 503, body: 'no list yet\n' })
})

t.test('status is JSON without credentials', async (t) => {
  const { servers } = await serve(t)
  const { type, body } = await get(servers.local, '/status')
  t.equal(type, 'application/json; charset=utf-8')
  t.strictSame(JSON.parse(body), {
    leading: true,
    token: '[redacted]',
    note: 'Bearer [redacted]',
    nodes: { worker: 3 },
  })
})

t.test('why answers as text, and as JSON to those who ask for it', async (t) => {
  const { servers } = await serve(t)
  t.match(await get(servers.local, '/why/worker-1'), {
    type: /^text\/plain/,
    body: /^worker-1: healthy: every check passes\n/,
  })
  const json = await get(servers.local, '/why/worker-1', { headers: { accept: 'application/json' } })
  t.match(JSON.parse(json.body), { node: 'worker-1', kind: 'healthy' })
  t.match(await get(servers.local, '/why/nobody'), { status: 404, body: /^nobody: not known/ })
})

t.test('a bad path or method is answered with what would be right', async (t) => {
  const { servers } = await serve(t)
  t.match(await get(servers.local, '/'), { status: 404, body: /pages: .*\/livez .*\/why\/NODE/ })
  t.match(await get(servers.public, '/nope'), {
    status: 404,
    body: 'there is no page /nope; pages: /livez /readyz /metrics\n',
  })
  for (const path of ['/why', '/why/', '/why/a/b', '/why/%ff', '/why/a%2Fb']) {
    t.match(await get(servers.local, path), { status: 404, body: /name one node/ }, path)
  }
  t.match(await get(servers.local, '/status', { method: 'POST', body: 'x' }), { status: 405, body: /only read/ })
  t.match(await get(servers.local, '/livez', { method: 'HEAD' }), { status: 200, body: '' })
})

t.test('a replica that knows nothing yet says so', async (t) => {
  const { servers } = await serve(t, { why: () => undefined })
  t.match(await get(servers.local, '/why/worker-1'), { status: 503, body: /first list/ })
})

t.test('a page that throws is a 500 and a log line, and the next request is served', async (t) => {
  const { servers, lines } = await serve(t, {
    metrics: () => Promise.reject(new Error('no metrics, password=abcdef123')),
    status: () => {
      throw new Error('no status')
    },
  })
  t.match(await get(servers.public, '/metrics'), { status: 500, body: /no metrics, password=\[redacted\]/ })
  t.match(await get(servers.local, '/status'), { status: 500, body: /no status/ })
  t.match(
    lines.map((line) => JSON.parse(line).msg),
    ['HttpPageFailed', 'HttpPageFailed'],
  )
  t.equal((await get(servers.public, '/livez')).status, 200)
})

t.test('garbage on the wire is refused, and the next request is served', async (t) => {
  const { servers } = await serve(t)
  const socket = connect(servers.public.port, servers.public.host)
  socket.end('\u0000\u0001garbage\r\n\r\n')
  const [data] = await once(socket, 'data')
  t.match(String(data), /^HTTP\/1\.1 400/)
  t.equal((await get(servers.public, '/livez')).status, 200)
})

t.test('an address in use is an error that names it and the setting, and leaves no server behind', async (t) => {
  const { servers } = await serve(t)
  const { log } = { log: createLog({ level: 'silent', destination: { write: () => undefined } }) }
  const taken = { metricsHost: servers.public.host, metricsPort: servers.public.port }
  await t.rejects(startHttp({ host: '127.0.0.1', port: 0, ...taken, pages: healthy, log }), {
    message: `http: 127.0.0.2:${servers.public.port}: already in use by another process; choose another one with http.metricsHost, http.metricsPort`,
  })
})

t.test('alive is who comes round in time, and who waits for the end of a shutdown', async (t) => {
  let now = 0
  const shutdown = new AbortController()
  const clock = { now: () => now, wall: () => now, sleep: () => Promise.resolve() }
  const liveness = createLiveness({ clock, staleAfterMs: 60_000, shutdown: shutdown.signal })
  now = 60_000
  t.equal(liveness.complaint(), undefined)
  now = 61_000
  t.match(liveness.complaint(), /1m1s \(allowed: 1m\)/)
  liveness.tick()
  t.equal(liveness.complaint(), undefined)
  now = 200_000
  t.ok(liveness.complaint())
  shutdown.abort()
  t.equal(liveness.complaint(), undefined)
})
