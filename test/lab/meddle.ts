import { mkdtemp, rm } from 'node:fs/promises'
import {
  createServer,
  type IncomingMessage,
  type RequestOptions,
  request,
  type Server,
  type ServerResponse,
} from 'node:http'
import { createServer as createTlsServer, request as requestTls } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SOCKET } from '../support/docker/docker-engine.ts'
import { createCertificate } from '../support/kube/certificate.ts'
import type { Lab } from './cluster.ts'

/** One request of a replica, to the API server or to the Docker engine. */
export interface Call {
  readonly to: 'api' | 'engine'
  /** The replica's node; the engine is asked by the leader alone, and does not know who that is. */
  readonly from: string | undefined
  readonly method: string
  /** Without the query. */
  readonly path: string
  // biome-ignore lint/suspicious/noExplicitAny: as heald sent it; undefined when there is none
  readonly body: any
}

/** Called before a request goes on and after its answer came, which waits for it; `cut` ends the connection there. */
export type Meddler = (call: Call, when: 'before' | 'after') => Promise<'cut' | undefined>

export interface Meddling {
  /** A door of its own to the API server for each replica. */
  serverOf(nodeName: string): { readonly url: string; readonly ca: string }
  /** The engine's socket, as all replicas see it. */
  readonly socket: string
  meddle(by: Meddler | undefined): void
  close(): Promise<void>
}

/** Stands between the replicas and everything they talk to. */
export async function startMeddling(lab: Pick<Lab, 'url' | 'ca' | 'masters'>): Promise<Meddling> {
  const folder = await mkdtemp(join(tmpdir(), 'heald-meddle-'))
  const socket = join(folder, 'docker.sock')
  const certificate = createCertificate('IP:127.0.0.1')
  const api = new URL(lab.url)
  const upstream = { host: api.hostname, port: api.port, ca: lab.ca }
  let meddler: Meddler | undefined

  async function pass(to: Call['to'], from: string | undefined, incoming: IncomingMessage, outgoing: ServerResponse) {
    const sent = Buffer.concat(await incoming.toArray())
    const { method = 'GET', url = '/', headers } = incoming
    const isJson = sent.length > 0 && headers['content-type']?.includes('json')
    const body = isJson ? JSON.parse(sent.toString()) : undefined
    const call: Call = { to, from, method, path: url.replace(/\?.*/, ''), body }
    if ((await meddler?.(call, 'before')) === 'cut') return void outgoing.destroy()
    const where = to === 'api' ? upstream : { socketPath: SOCKET }
    const answer = await forward({ ...where, method, path: url, headers, agent: false }, sent, outgoing)
    // A watch has no end to wait for; whatever changes something is meddled with before its answer is known.
    if (method !== 'GET' && (await meddler?.(call, 'after')) === 'cut') return void outgoing.destroy()
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
    // A quiet watch has nothing more to say for minutes: without its headers it looks like a server that does not answer.
    outgoing.flushHeaders()
    answer.pipe(outgoing)
  }
  const listener =
    (to: Call['to'], from?: string) =>
    (incoming: IncomingMessage, outgoing: ServerResponse): void => {
      // What can't be forwarded looks to heald as it would without us: a connection that breaks.
      pass(to, from, incoming, outgoing).catch(() => outgoing.destroy())
    }
  const servers: Server[] = []
  const urls = new Map<string, string>()
  for (const nodeName of lab.masters) {
    const server = createTlsServer(certificate, listener('api', nodeName))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    urls.set(nodeName, `https://127.0.0.1:${(server.address() as AddressInfo).port}`)
    servers.push(server)
  }
  const engine = createServer(listener('engine'))
  await new Promise<void>((resolve) => engine.listen(socket, resolve))
  servers.push(engine)
  return {
    socket,
    serverOf: (nodeName) => ({ url: urls.get(nodeName) ?? lab.url, ca: certificate.cert }),
    meddle(by) {
      meddler = by
    },
    async close() {
      for (const server of servers) server.closeAllConnections()
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
      await rm(folder, { recursive: true })
    },
  }
}

function forward(options: RequestOptions, body: Buffer, outgoing: ServerResponse): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const forwarded = (options.socketPath === undefined ? requestTls : request)(options, resolve)
    forwarded.once('error', reject)
    // A client that hangs up must look the same to the server.
    outgoing.once('close', () => forwarded.destroy())
    forwarded.end(body)
  })
}
