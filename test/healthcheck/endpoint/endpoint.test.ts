import type { ServerResponse } from 'node:http'
import { createServer as createTcpServer, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import type { Finding } from '../../../src/core/model/finding.ts'
import type { PollCheck } from '../../../src/core/ports/health-check.ts'
import { endpoint } from '../../../src/healthcheck/endpoint/endpoint.ts'
import type { PluginDeps } from '../../../src/healthcheck/plugin/plugin.ts'
import { type Listening, nodeAt, only, serve, testDeps } from '../fixtures.ts'

function create(params: object, deps: PluginDeps = testDeps()): PollCheck {
  const check = endpoint.create('Endpoint', { protocol: 'HTTP', timeout: '2s', ...params }, deps)
  if (check.kind !== 'poll') throw new Error('Endpoint is polled')
  return check
}

async function lookAt(check: PollCheck, address = '127.0.0.1'): Promise<Finding> {
  return only(await check.poll([nodeAt(address)], new AbortController().signal))
}

async function serveHere(t: Test, ...how: Parameters<typeof serve>): Promise<Listening> {
  const server = await serve(...how)
  t.teardown(() => server.close())
  return server
}

/** A server that does what `talk` says with each connection, below HTTP. */
async function rawServer(t: Test, talk: (socket: Socket) => void): Promise<number> {
  const server = createTcpServer(talk)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

t.test('without parameters it asks what magnum-auto-healer asks', async (t) => {
  t.match(endpoint.options.parse({}), {
    protocol: 'HTTPS',
    port: 6443,
    endpoints: ['/healthz'],
    okCodes: [200],
    requireToken: false,
    unhealthyDuration: '300s',
    timeout: '5s',
  })
  t.equal(create({}).symptom, 'Endpoint:6443')
})

t.test('every parameter of magnum-auto-healer is taken, and the one without effect says so', async (t) => {
  const deps = testDeps()
  create({ unhealthyAnnotation: 'autohealing.openstack.org/unhealthy-timestamp' }, deps)
  t.match(deps.lines, [{ level: 'info', fields: { param: 'unhealthyAnnotation' } }])
})

t.test('parameters that contradict each other are refused by name', async (t) => {
  t.throws(() => create({ token: 'a', tokenFile: '/b' }), { message: /tokenFile/ })
  t.throws(() => create({ caFile: '/a', tlsVerify: false }), { message: /tlsVerify/ })
  t.throws(() => create({ method: 'HEAD', expectBody: 'ok' }), { message: /expectBody/ })
  t.throws(() => create({ port: 0 }), { message: /port/ })
})

t.test('any status that is not in okCodes fails, whatever it is', async (t) => {
  const { port } = await serveHere(t, (request, response) => {
    response.writeHead(Number(request.url?.slice(1))).end()
  })
  for (const code of [204, 301, 404, 500, 503]) {
    const finding = await lookAt(create({ port, endpoints: [`/${code}`] }))
    t.match(finding, { status: 'fail', reason: 'BadStatus', message: new RegExp(`${code}, healthy would be 200`) })
  }
  t.match(await lookAt(create({ port, endpoints: ['/503'], okCodes: [200, 503] })), { status: 'pass' })
})

t.test(
  'answers about us (401, 403, 429) are no evidence against the node, unless they are the healthy ones',
  async (t) => {
    const { port } = await serveHere(t, (request, response) => {
      response.writeHead(Number(request.url?.slice(1))).end()
    })
    for (const code of [401, 403, 429]) {
      t.match(await lookAt(create({ port, endpoints: [`/${code}`] })), { status: 'unknown' })
      t.match(await lookAt(create({ port, endpoints: [`/${code}`], okCodes: [code] })), { status: 'pass' })
    }
  },
)

t.test('of several endpoints the first that fails decides', async (t) => {
  const asked: string[] = []
  const { port } = await serveHere(t, (request, response) => {
    asked.push(request.url ?? '')
    response.writeHead(request.url === '/livez' ? 500 : request.url === '/secret' ? 401 : 200).end()
  })
  t.match(await lookAt(create({ port, endpoints: ['/secret', '/livez', '/readyz'] })), { status: 'fail' })
  t.same(asked, ['/secret', '/livez'])
  t.match(await lookAt(create({ port, endpoints: ['/secret', '/readyz'] })), { status: 'unknown' })
})

t.test('a path stays on the node, however it is written', async (t) => {
  const asked: string[] = []
  const { port } = await serveHere(t, (request, response) => {
    asked.push(request.url ?? '')
    response.end()
  })
  const endpoints = ['healthz', '//evil.example/x', '@evil.example/', 'http://evil.example/', '/livez?verbose']
  t.match(await lookAt(create({ port, endpoints })), { status: 'pass' })
  t.same(asked, ['/healthz', '/evil.example/x', '/@evil.example/', '/http://evil.example/', '/livez?verbose'])
})

t.test('a redirect is an answer, and is not followed', async (t) => {
  const elsewhere: unknown[] = []
  const other = await serveHere(t, (request, response) => {
    elsewhere.push(request.headers)
    response.end()
  })
  const { port } = await serveHere(t, (_request, response) => {
    response.writeHead(302, { location: `http://127.0.0.1:${other.port}/` }).end()
  })
  t.match(await lookAt(create({ port, requireToken: true, token: 'x' })), { status: 'fail', reason: 'BadStatus' })
  t.same(elsewhere, [])
})

t.test('expectBody is text that the body must contain', async (t) => {
  const { port } = await serveHere(t, (_request, response) => response.end('[+]etcd ok\nhealthz check passed\n'))
  t.match(await lookAt(create({ port, expectBody: 'check passed' })), { status: 'pass' })
  t.match(await lookAt(create({ port, expectBody: 'check.*passed' })), { status: 'fail', reason: 'BadBody' })
})

t.test('an endless body is cut off, and not read at all when nothing is expected of it', async (t) => {
  let sent = 0
  let closed = 0
  const { port } = await serveHere(t, (_request, response) => {
    const more = (): void => {
      sent += 16_384
      if (!response.destroyed && sent < 100_000_000) response.write(Buffer.alloc(16_384, 'x'), more)
    }
    response.once('close', () => closed++)
    more()
  })
  t.match(await lookAt(create({ port, expectBody: 'ok' })), { status: 'fail', reason: 'BadBody' })
  t.match(await lookAt(create({ port })), { status: 'pass' })
  t.ok(sent < 50_000_000)
  while (closed < 2) await new Promise((resolve) => setTimeout(resolve, 5))
})

t.test('a body that never ends in time is a timeout', async (t) => {
  const { port } = await serveHere(t, (_request, response) => void response.write('half of i'))
  const finding = await lookAt(create({ port, expectBody: 'ok', timeout: '100ms' }))
  t.match(finding, { status: 'fail', reason: 'Timeout' })
  const startedAt = performance.now()
  t.match(await lookAt(create({ port, timeout: '3s' })), { status: 'pass' }, 'nobody waits for it')
  t.ok(performance.now() - startedAt < 1_500)
})

t.test('what the node’s side of the wire does is blamed on the node', async (t) => {
  const resets = await rawServer(t, (socket) => void socket.once('data', () => socket.resetAndDestroy()))
  const babbles = await rawServer(t, (socket) => void socket.end('SSH-2.0-OpenSSH_9.6\r\n'))
  const silent = await rawServer(t, (socket) => void socket.on('error', () => undefined))
  const refuses = await serve(() => undefined)
  refuses.close()
  t.match(await lookAt(create({ port: resets })), { status: 'fail', reason: 'ConnectionReset' })
  t.match(await lookAt(create({ port: babbles })), { status: 'fail', reason: 'BadAnswer' })
  t.match(await lookAt(create({ port: silent, timeout: '50ms' })), { status: 'fail', reason: 'Timeout' })
  t.match(await lookAt(create({ port: refuses.port })), { status: 'fail', reason: 'Refused' })
})

t.test('what stands in our own way is blamed on nobody', async (t) => {
  const { port } = await serveHere(t, (_request, response) => response.end())
  const check = create({ port })
  t.match(await lookAt(check, '255.255.255.255'), { status: 'unknown' })
  t.match(await lookAt(check, 'localhost'), { status: 'unknown', reason: 'NoInternalIP' })
  t.match(await lookAt(check, 'fe80::1'), { status: 'unknown', reason: 'NoInternalIP' })
})

t.test('a node with an IPv6 address is asked there', async (t) => {
  const { port } = await serveHere(t, (request, response) => response.end(request.headers.host), '::1')
  t.match(await lookAt(create({ port, expectBody: `[::1]:${port}` }), '::1'), { status: 'pass' })
})

t.test('each look makes its own connection and leaves none behind', async (t) => {
  let open = 0
  let made = 0
  const port = await rawServer(t, (socket) => {
    made++
    open++
    socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'))
    socket.on('error', () => undefined).once('close', () => open--)
  })
  const check = create({ port, expectBody: 'ok' })
  for (let round = 0; round < 3; round++) t.match(await lookAt(check), { status: 'pass' })
  t.equal(made, 3)
  while (open > 0) await new Promise((resolve) => setTimeout(resolve, 5))
})

t.test('never more than `concurrency` nodes are looked at side by side, and all of them are', async (t) => {
  const open: ServerResponse[] = []
  const answerAll = (): void => {
    for (const each of open.splice(0)) each.end()
  }
  let seen = 0
  let most = 0
  const { port } = await serveHere(t, (_request, response) => {
    open.push(response)
    most = Math.max(most, open.length)
    // However slow the machine is: nobody is answered before all that can be asked at once have been, and one more had its time.
    if (++seen === 40 || open.length === 7) setTimeout(answerAll, 20)
  })
  const nodes = Array.from({ length: 40 }, (_, index) => nodeAt('127.0.0.1', `node-${index}`))
  const findings = await create({ port, concurrency: 7 }).poll(nodes, new AbortController().signal)
  t.equal(findings.size, 40)
  t.ok([...findings.values()].every(({ status }) => status === 'pass'))
  t.equal(most, 7)
})
