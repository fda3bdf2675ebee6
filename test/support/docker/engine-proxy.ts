import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface EngineProxy {
  readonly socket: string
  /** `METHOD path` of every mutating request, in order. */
  readonly mutations: string[]
  close(): Promise<void>
}

/** A socket before the real engine's that writes down what would change something. */
export async function startEngineProxy(upstream: string): Promise<EngineProxy> {
  const folder = await mkdtemp(join(tmpdir(), 'heald-engine-'))
  const socket = join(folder, 'docker.sock')
  const mutations: string[] = []
  const server = createServer((incoming, outgoing) => {
    const { method = 'GET', url = '/', headers } = incoming
    if (method !== 'GET') mutations.push(`${method} ${url}`)
    const forwarded = request({ socketPath: upstream, method, path: url, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    })
    forwarded.on('error', () => outgoing.destroy())
    // A client that hangs up must look the same to the engine.
    outgoing.on('close', () => forwarded.destroy())
    incoming.pipe(forwarded)
  })
  await new Promise<void>((resolve) => server.listen(socket, resolve))
  return {
    socket,
    mutations,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await rm(folder, { recursive: true })
    },
  }
}
