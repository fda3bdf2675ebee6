import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Log } from '../core/ports/log.ts'
import { asError } from '../lib/errors.ts'
import { scrub } from '../lib/redact.ts'
import { answer, type Pages } from './routes.ts'

export interface HttpOptions {
  /** Where all pages are served. 127.0.0.1 unless somebody knows better. Port 0 = any free one. */
  readonly host: string
  readonly port: number
  /** Where only /metrics and the probes are. The same address and port as above: one server, all pages. */
  readonly metricsHost: string
  readonly metricsPort: number
  readonly pages: Pages
  readonly log: Log
}

export interface HttpServers {
  /** As bound. */
  readonly local: { readonly host: string; readonly port: number }
  readonly public: { readonly host: string; readonly port: number }
  close(): Promise<void>
}

const CLIENT_MS = 5_000
const MAX_CONNECTIONS = 64

/** Throws when an address can't be had, naming it; after that no request and no client can end the process. */
export async function startHttp(options: HttpOptions): Promise<HttpServers> {
  const { host, port, metricsHost, metricsPort } = options
  const local = await listen({ host, port, keys: 'http.host, http.port', local: true }, options)
  if (host === metricsHost && port === metricsPort) return { local: local.at, public: local.at, close: local.close }
  try {
    const open = { host: metricsHost, port: metricsPort, keys: 'http.metricsHost, http.metricsPort', local: false }
    const shared = await listen(open, options)
    const close = async (): Promise<void> => {
      await Promise.all([local.close(), shared.close()])
    }
    return { local: local.at, public: shared.at, close }
  } catch (thrown) {
    await local.close()
    throw thrown
  }
}

interface Door {
  readonly host: string
  readonly port: number
  readonly keys: string
  readonly local: boolean
}

interface Listening {
  readonly at: { readonly host: string; readonly port: number }
  close(): Promise<void>
}

async function listen(door: Door, { pages, log }: HttpOptions): Promise<Listening> {
  const server = createServer((request, response) => {
    void serve(request, response, { door, pages, log })
  })
  // The probes' address is open to the network: nobody may hold a connection, or many of them.
  server.requestTimeout = CLIENT_MS
  server.headersTimeout = CLIENT_MS
  server.keepAliveTimeout = CLIENT_MS
  server.maxConnections = MAX_CONNECTIONS
  server.on('clientError', (_error, socket) => {
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n')
    else socket.destroy()
  })
  await bind(server, door)
  server.on('error', (error) => log.warn({ error }, 'HttpServerError'))
  const { address, port } = server.address() as AddressInfo
  return {
    at: { host: address, port },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function bind(server: Server, { host, port, keys }: Door): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'EADDRINUSE' ? 'already in use by another process' : error.message
      reject(new Error(`http: ${host}:${port}: ${why}; choose another one with ${keys}`, { cause: error }))
    })
    server.listen(port, host, () => {
      server.removeAllListeners('error')
      resolve()
    })
  })
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  { door, pages, log }: { door: Door; pages: Pages; log: Log },
): Promise<void> {
  const target = request.url ?? '/'
  request.resume()
  // A client that hangs up in the middle is its own affair.
  response.on('error', (error) => log.debug({ error }, 'HttpClientGone'))
  try {
    const { method = 'GET', headers } = request
    const reply = await answer({ method, target, accept: headers.accept ?? '', local: door.local }, pages)
    response.writeHead(reply.status, {
      'content-type': reply.contentType,
      'content-length': Buffer.byteLength(reply.body),
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    })
    response.end(method === 'HEAD' ? undefined : reply.body)
  } catch (thrown) {
    const error = asError(thrown)
    log.warn({ error, target }, 'HttpPageFailed')
    if (!response.headersSent) response.writeHead(500, { 'content-type': 'text/plain; charset=utf-8' })
    response.end(`this page failed: ${scrub(error.message)}\n`)
  }
}
