import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { type Stage, startStage } from '../hostile/stage.ts'

t.setTimeout(240_000)

/** What the proxy does to an answer; undefined = it passes as it is. */
type Corrupt = (
  about: { path: string; method: string; watch: boolean },
  body: Buffer,
  response: ServerResponse,
) => boolean

interface Proxy {
  readonly url: string
  corrupt: Corrupt | undefined
  /** How many answers were corrupted. */
  count: number
  close(): void
}

/** A proxy before the API server that reads an answer (of a watch: each piece of it) and may send another. */
async function corruptingProxy(target: string): Promise<Proxy> {
  const server = createServer((message: IncomingMessage, response) => {
    const watch = message.url?.includes('watch=true') === true
    const about = { path: message.url ?? '', method: message.method ?? '', watch }
    const onward = request(target + message.url, { method: message.method, headers: message.headers }, (answer) => {
      const corrupt = (body: Buffer): boolean => {
        if (proxy.corrupt?.(about, body, response) !== true) return false
        proxy.count++
        return true
      }
      if (watch) {
        answer.on('data', (chunk: Buffer) => {
          if (response.writableEnded || corrupt(chunk)) return
          if (!response.headersSent) response.writeHead(answer.statusCode ?? 500, answer.headers)
          response.write(chunk)
        })
        answer.on('end', () => response.end())
        answer.on('error', () => response.destroy())
      } else {
        const chunks: Buffer[] = []
        answer.on('data', (chunk: Buffer) => chunks.push(chunk))
        answer.on('error', () => response.destroy())
        answer.on('end', () => {
          const body = Buffer.concat(chunks)
          if (corrupt(body)) return
          response.writeHead(answer.statusCode ?? 500, answer.headers)
          response.end(body)
        })
      }
    })
    onward.on('error', () => response.destroy())
    response.on('close', () => onward.destroy())
    message.pipe(onward)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const proxy: Proxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    corrupt: undefined,
    count: 0,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
  return proxy
}

const JSON_TYPE = { 'content-type': 'application/json' }
const isLease = (path: string): boolean => path.includes('/leases')

function answer(status: number, body: string | Buffer, headers: Record<string, string> = JSON_TYPE): Corrupt {
  return (_about, _body, response) => {
    if (!response.headersSent) response.writeHead(status, headers)
    response.end(body)
    return true
  }
}

/** By name, what every answer but those about leases becomes. */
const WRONGS: Readonly<Record<string, Corrupt>> = {
  'HTML with status 200': answer(200, '<html><body>Welcome to nginx</body></html>', { 'content-type': 'text/html' }),
  'HTML that claims to be JSON': answer(200, '<html>502 Bad Gateway</html>'),
  'an empty answer': answer(200, ''),
  'JSON null': answer(200, 'null'),
  'a list of nothing, without a version': answer(200, '{"kind":"List","items":[]}'),
  'items that are no list': answer(200, '{"metadata":{"resourceVersion":"5"},"items":{"a":1}}'),
  'a list of nulls': answer(200, '{"metadata":{"resourceVersion":"5"},"items":[null,7,"x",[],{}]}'),
  'status 500': answer(500, '{"kind":"Status","message":"etcdserver: leader changed"}'),
  'status 503 in HTML': answer(503, '<html>'),
  'a Status with 200': answer(200, '{"kind":"Status","status":"Failure","code":410,"reason":"Expired"}'),
  'cut in the middle': (_about, body, response) => {
    if (!response.headersSent) response.writeHead(200, { ...JSON_TYPE, 'content-length': String(body.length + 10) })
    response.write(body.subarray(0, body.length >> 1))
    response.destroy()
    return true
  },
  'flipped bits': (_about, body, response) => {
    const bent = Buffer.from(body)
    for (let at = 40; at < bent.length; at += 97) bent[at] = (bent[at] ?? 0) ^ 0x04
    if (!response.headersSent) response.writeHead(200, JSON_TYPE)
    response.write(bent)
    if (!_about.watch) response.end()
    return true
  },
  'an object of another kind': answer(
    200,
    '{"kind":"Secret","metadata":{"name":"w0","uid":"u","resourceVersion":"99999999"},"status":"x","data":{}}\n',
  ),
  'watch events that are none': answer(200, '{"type":"MODIFIED"}\n{"type":"EXPLODED","object":{}}\n{"type":7}\nnull\n'),
  'an end that never comes': (_about, _body, response) => {
    if (!response.headersSent) response.writeHead(200, JSON_TYPE)
    response.write('{"metadata":{},"items":[')
    return true
  },
  'ten megabytes on one line': answer(200, Buffer.alloc(10_000_000, 0x5b)),
}

async function behindProxy(t: Parameters<typeof startStage>[0]): Promise<{ stage: Stage; proxy: Proxy }> {
  let proxy: Proxy | undefined
  const stage = await startStage(t, {
    sockets: true,
    async api(world) {
      proxy = await corruptingProxy(world.apiHost ?? '')
      return proxy.url
    },
  })
  if (proxy === undefined) throw new Error('no proxy')
  const { close } = proxy
  t.teardown(async () => close())
  return { stage, proxy }
}

t.test('answers of every wrong shape are lived through, and no node is touched because of them', async (t) => {
  const { stage, proxy } = await behindProxy(t)
  const { world } = stage
  for (const [what, wrong] of Object.entries(WRONGS)) {
    proxy.count = 0
    proxy.corrupt = (about, body, response) => !isLease(about.path) && wrong(about, body, response)
    world.api.closeWatches()
    await world.until(`${what}: heald has met it`, 60_000, () => proxy.count >= 3)
    t.same(stage.touched(), [], what)
  }
  proxy.corrupt = undefined
  t.ok(
    stage.log.lines.some(({ msg }) => msg === 'watch failed'),
    'it is named',
  )
  await stage.stillHeals('w0')
})

t.test('leases of wrong shape make nobody silent', async (t) => {
  const { stage, proxy } = await behindProxy(t)
  const { world } = stage
  const heartbeats = '/namespaces/kube-node-lease/'
  const wrongs: Readonly<Record<string, Corrupt>> = {
    ...WRONGS,
    'times of another kind': (_about, body, response) => {
      response.writeHead(200, JSON_TYPE)
      response.end(body.toString().replaceAll(/"renewTime":"[^"]*"/g, '"renewTime":{"at":7}'))
      return true
    },
    'everybody the same time': (_about, body, response) => {
      response.writeHead(200, JSON_TYPE)
      response.end(body.toString().replaceAll(/"renewTime":"[^"]*"/g, '"renewTime":"1970-01-01T00:00:00.000000Z"'))
      return true
    },
  }
  for (const [what, wrong] of Object.entries(wrongs)) {
    proxy.count = 0
    proxy.corrupt = (about, body, response) => about.path.includes(heartbeats) && wrong(about, body, response)
    const enough = what === 'an end that never comes' ? 1 : 3
    await world.until(`${what}: heald has met it`, 60_000, () => proxy.count >= enough)
    t.same(stage.touched(), [], what)
  }
  proxy.corrupt = undefined
  await world.until('heald sees again', 120_000, () => stage.decision()?.view.sight.blindSince === undefined)
  await stage.stillHeals('w1')
})

t.test('a server that answers writes with garbage gets no second act out of heald', async (t) => {
  const { stage, proxy } = await behindProxy(t)
  const { world } = stage
  let wrong = 0
  proxy.corrupt = ({ path, method }, _body, response) => {
    if (method === 'GET' || isLease(path) || ++wrong % 2 === 0 || wrong > 6) return false
    response.writeHead(200, JSON_TYPE)
    response.end(wrong % 4 === 1 ? '{"kind":"NodeRepair","status":{}}' : '<html>')
    return true
  }
  await stage.stillHeals('w0')
  t.ok(wrong > 4)
  t.same(
    world.cloud.acts().map(({ act, name }) => `${act} ${name}`),
    ['reboot-hard w0'],
  )
})
