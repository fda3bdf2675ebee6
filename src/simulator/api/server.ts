import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { parse as parseYaml } from 'yaml'
import type { Clock } from '../../core/ports/clock.ts'
import { systemClock } from '../../lib/clock.ts'
import { asError } from '../../lib/errors.ts'
import { type ApiAnswer, type ApiRequest, dispatch, routeOf } from './dispatch.ts'
import { createLister } from './list.ts'
import { seed } from './seed.ts'
import { ApiError, badRequest, statusOf } from './store/errors.ts'
import { createStore, type Store } from './store/store.ts'
import { startWatch } from './watch.ts'
import type { World } from './write.ts'

/**
 * What a test has happen to a request. `drop`: the connection breaks before the request is carried out; `dropReply`:
 * after it was. `hang`: no answer, ever. `answer`: refused with this status.
 */
export type Fault =
  | { readonly kind: 'drop' }
  | { readonly kind: 'dropReply' }
  | { readonly kind: 'hang' }
  | { readonly kind: 'answer'; readonly status: number; readonly reason: string; readonly retryAfterSeconds?: number }

export interface EmbeddedApi {
  /** `http://127.0.0.1:PORT`, without a slash at the end. */
  readonly url: string
  readonly store: Store
  /** The same way as over HTTP, without the wire: for pretend machines and controllers. */
  call(
    method: string,
    path: string,
    body?: object,
    options?: { contentType?: string; query?: Record<string, string> },
  ): ApiAnswer
  /** Asked before each request; undefined takes the rule away. */
  setFaults(rule: ((request: ApiRequest) => Fault | undefined) | undefined): void
  /** Silent watches stay connected and deliver nothing: what packets lost on the way look like. Events meanwhile are lost. */
  silenceWatches(on: boolean): void
  closeWatches(): void
  /** Ends every connection. The store stays: another start with it and the same port is a restart. */
  stop(): Promise<void>
}

export interface EmbeddedApiOptions {
  readonly clock?: Clock
  readonly host?: string
  readonly port?: number
  readonly store?: Store
  /** How often a watch that asked for bookmarks gets one. */
  readonly bookmarkMs?: number
}

const MAX_BODY_BYTES = 3 * 1024 * 1024

/** Serves what heald needs of the Kubernetes API, over plain HTTP on loopback. */
export async function startEmbeddedApi(options: EmbeddedApiOptions = {}): Promise<EmbeddedApi> {
  const { clock = systemClock, host = '127.0.0.1', port = 0, store = createStore(), bookmarkMs = 10_000 } = options
  const world: World = { store, clock }
  const lister = createLister(store)
  const watches = new Set<AbortController>()
  let faults: ((request: ApiRequest) => Fault | undefined) | undefined
  let silent = false
  seed(world)

  async function serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    response.sendDate = false
    response.setHeader('date', new Date(clock.wall()).toUTCString())
    const request = await readRequest(message)
    const fault = faults?.(request)
    if (fault?.kind === 'drop') return void message.socket.destroy()
    if (fault?.kind === 'hang') return
    if (fault?.kind === 'answer') {
      const { status, reason, retryAfterSeconds } = fault
      if (retryAfterSeconds !== undefined) response.setHeader('retry-after', String(retryAfterSeconds))
      return reply(response, { code: status, body: statusOf(new ApiError(status, reason, `injected: ${reason}`)) })
    }
    const fixed = fixedAnswer(request.path)
    if (fixed !== undefined) return reply(response, fixed)
    const watch = request.query.get('watch')
    if (request.method === 'GET' && (watch === 'true' || watch === '1')) return serveWatch(request, message, response)
    const answer = dispatch(world, lister, request)
    if (fault?.kind === 'dropReply') return void message.socket.destroy()
    reply(response, answer)
  }

  async function serveWatch(request: ApiRequest, message: IncomingMessage, response: ServerResponse): Promise<void> {
    const controller = new AbortController()
    const send = (line: string): void => {
      if (!silent) response.write(line)
    }
    const run = startWatch({ store, clock, bookmarkMs }, routeOf(world, request.path), request.query, send)
    watches.add(controller)
    message.socket.once('close', () => controller.abort())
    response.writeHead(200, { 'content-type': 'application/json' })
    response.flushHeaders()
    try {
      await run(controller.signal)
    } finally {
      watches.delete(controller)
      response.end()
    }
  }

  const server = createServer((message, response) => {
    serve(message, response).catch((thrown: unknown) => {
      const error = asError(thrown)
      const status =
        error instanceof ApiError ? error : new ApiError(500, 'InternalError', error.stack ?? error.message)
      if (response.headersSent) message.socket.destroy()
      else reply(response, { code: status.code, body: statusOf(status) })
    })
  })
  // Longer than any client keeps an idle connection, so that it is never we who close one under a request.
  server.keepAliveTimeout = 120_000
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  const closeWatches = (): void => {
    for (const watch of [...watches]) watch.abort()
  }

  return {
    url: `http://${host}:${(server.address() as AddressInfo).port}`,
    store,
    call: (method, path, body, { contentType = 'application/json', query = {} } = {}) =>
      dispatch(world, lister, { method, path, query: new URLSearchParams(query), body, contentType }),
    setFaults: (rule) => {
      faults = rule
    },
    silenceWatches: (on) => {
      silent = on
    },
    closeWatches,
    stop: async () => {
      closeWatches()
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
    },
  }
}

function reply(response: ServerResponse, { code, body, text }: ApiAnswer): void {
  const payload = text ?? JSON.stringify(body)
  response.writeHead(code, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) })
  response.end(payload)
}

async function readRequest(message: IncomingMessage): Promise<ApiRequest> {
  const url = new URL(message.url ?? '/', 'http://localhost')
  const contentType = (message.headers['content-type'] ?? 'application/json').split(';')[0]?.trim() ?? ''
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of message) {
    size += chunk.length
    if (size > MAX_BODY_BYTES)
      throw new ApiError(413, 'RequestEntityTooLarge', 'Request entity too large: limit is 3145728')
    chunks.push(chunk)
  }
  const text = Buffer.concat(chunks).toString()
  const body = text === '' ? undefined : parseBody(text, contentType)
  return { method: message.method ?? 'GET', path: url.pathname, query: url.searchParams, body, contentType }
}

function parseBody(text: string, contentType: string): unknown {
  try {
    return contentType.endsWith('yaml') ? parseYaml(text) : JSON.parse(text)
  } catch (cause) {
    throw badRequest(`the body of the request can't be read: ${asError(cause).message}`)
  }
}

function fixedAnswer(path: string): ApiAnswer | undefined {
  if (path === '/readyz' || path === '/livez' || path === '/healthz') return { code: 200, text: 'ok' }
  if (path === '/version')
    return { code: 200, body: { major: '1', minor: '34', gitVersion: 'v1.34.4+heald-embedded', platform: 'embedded' } }
  return undefined
}
