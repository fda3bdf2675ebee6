import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Millis } from '../core/model/primitives.ts'
import type { Log } from '../core/ports/log.ts'
import { asError } from '../lib/errors.ts'
import { scrub } from '../lib/redact.ts'
import { readBody } from './body.ts'
import { text } from './reply.ts'
import type { Ask, Reply, StreamReply } from './route.ts'
import type { Match } from './router.ts'
import { openStream } from './stream.ts'

export interface DoorOptions {
  readonly host: string
  /** 0 = any free one. */
  readonly port: number
  /** The settings to change when the address can't be had. */
  readonly keys: string
  readonly find: (method: string, path: string) => Match
  readonly log: Log
  /** For a client to send its request, and to send the next one. 5 s. */
  readonly clientMs?: Millis
  /** Streams at once; one more is a 503. 16. */
  readonly maxStreams?: number
}

export interface OpenDoor {
  /** As bound. */
  readonly at: { readonly host: string; readonly port: number }
  /** Takes no more requests, ends every stream, lets the answers under way end for a second, then cuts them off. */
  close(): Promise<void>
}

const CLIENT_MS = 5_000
const CLOSE_MS = 1_000
const MAX_STREAMS = 16
const MAX_CONNECTIONS = 64
/** Of one address, this machine's own apart: kubelet, CLI and port-forward all come from there. */
const MAX_PER_ADDRESS = 16

/** Throws when the address can't be had, naming it; after that no request and no client can end the process. */
export async function openDoor(options: DoorOptions): Promise<OpenDoor> {
  const { find, log, clientMs = CLIENT_MS, maxStreams = MAX_STREAMS } = options
  const streams = new Set<ServerResponse>()
  const stream = (reply: StreamReply, response: ServerResponse): void => {
    streams.add(response)
    response.once('close', () => streams.delete(response))
    openStream(response, reply)
  }
  // Node looks for late requests every 30 s unless told otherwise: a slow sender would have as long.
  const server = createServer({ connectionsCheckingInterval: Math.min(1_000, clientMs) }, (request, response) => {
    // A client that hangs up in the middle is its own affair.
    response.on('error', (error) => log.debug({ error }, 'HttpClientGone'))
    response.once('close', () => {
      if (!server.listening) request.socket.end()
    })
    void answer(request, response, { find, clientMs })
      .then((reply) => {
        if (reply === undefined || response.destroyed) return
        if (!('open' in reply)) send(reply, request, response)
        else if (request.method === 'HEAD') send(EMPTY_STREAM, request, response)
        else if (streams.size >= maxStreams) send(text(503, 'too many streams are open'), request, response)
        else stream(reply, response)
      })
      .catch((thrown: unknown) => fail(asError(thrown), request, response, log))
  })
  // The probes' address is open to the network: nobody may hold a connection, or many of them.
  server.requestTimeout = clientMs
  server.headersTimeout = clientMs
  server.keepAliveTimeout = clientMs
  server.maxConnections = MAX_CONNECTIONS
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const status = error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? '408 Request Timeout' : '400 Bad Request'
    if (!socket.writable) return socket.destroy()
    socket.write(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`)
    // A peer that never closes its own half would be counted for ever.
    ;(socket as Socket).destroySoon()
  })
  limitPerAddress(server)
  await bind(server, options)
  server.on('error', (error) => log.warn({ error }, 'HttpServerError'))
  const { address, port } = server.address() as AddressInfo
  return {
    at: { host: address, port },
    close: () =>
      new Promise((resolve) => {
        const timer = setTimeout(() => server.closeAllConnections(), CLOSE_MS)
        server.close(() => {
          clearTimeout(timer)
          resolve()
        })
        for (const response of streams) response.end()
      }),
  }
}

function limitPerAddress(server: Server): void {
  const open = new Map<string, number>()
  server.on('connection', (socket) => {
    const from = socket.remoteAddress
    if (from === undefined || from === socket.localAddress) return
    const count = (open.get(from) ?? 0) + 1
    open.set(from, count)
    socket.once('close', () => {
      const left = (open.get(from) ?? 1) - 1
      if (left > 0) open.set(from, left)
      else open.delete(from)
    })
    if (count > MAX_PER_ADDRESS) socket.destroy()
  })
}

const EMPTY_STREAM: Reply = { status: 200, contentType: 'text/event-stream', body: '' }

function bind(server: Server, { host, port, keys }: DoorOptions): Promise<void> {
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

/** Who may ask, then what was sent, then the page. Undefined when the client is gone. */
async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { find, clientMs }: { readonly find: DoorOptions['find']; readonly clientMs: Millis },
): Promise<Reply | StreamReply | undefined> {
  const { method = 'GET', url = '/', headers, socket } = request
  const [path = '', query = ''] = url.split(/\?(.*)/s, 2)
  const found = find(method, path)
  if (!('route' in found) || found.route.body === undefined) request.resume()
  if ('none' in found) return found.none
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  const { route, params, authorize } = found
  const peer = socket.remoteAddress ?? ''
  const ask: Omit<Ask, 'body'> = { method, path, params, query: new URLSearchParams(query), headers, peer }
  const allowed = (await authorize?.(ask, gone.signal)) ?? 'allow'
  if (allowed !== 'allow') {
    const { status, challenge } = allowed
    return text(status, allowed.text, challenge === undefined ? {} : { 'www-authenticate': challenge })
  }
  if (route.body === undefined) return route.answer({ ...ask, body: new Uint8Array() }, gone.signal)
  const body = await readBody(request, route.body, clientMs)
  if (body === undefined) return undefined
  if ('refused' in body) return body.refused
  return route.answer({ ...ask, body: body.bytes }, gone.signal)
}

function send(reply: Reply, request: IncomingMessage, response: ServerResponse): void {
  const hasBody = reply.status !== 204 && reply.status !== 304
  response.writeHead(reply.status, {
    ...(hasBody ? { 'content-type': reply.contentType, 'content-length': Buffer.byteLength(reply.body) } : {}),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...reply.headers,
  })
  response.end(request.method === 'HEAD' || !hasBody ? undefined : reply.body)
}

function fail(error: Error, request: IncomingMessage, response: ServerResponse, log: Log): void {
  log.warn({ error, target: request.url }, 'HttpPageFailed')
  if (!response.headersSent) response.writeHead(500, { 'content-type': 'text/plain; charset=utf-8' })
  response.end(`this page failed: ${scrub(error.message)}\n`)
}
