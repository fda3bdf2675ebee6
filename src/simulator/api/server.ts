import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Clock } from '../../core/ports/clock.ts'
import { systemClock } from '../../lib/clock.ts'
import { asError } from '../../lib/errors.ts'
import { createLocalApi, type LocalApi, MAX_BODY_BYTES, type RawRequest, type Reply, refusal } from './local.ts'
import { ApiError } from './store/errors.ts'
import { createStore, type Store } from './store/store.ts'

export interface EmbeddedApi extends LocalApi {
  /** `http://127.0.0.1:PORT`, without a slash at the end. */
  readonly url: string
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

/** Serves what heald needs of the Kubernetes API, over plain HTTP on loopback. */
export async function startEmbeddedApi(options: EmbeddedApiOptions = {}): Promise<EmbeddedApi> {
  const { clock = systemClock, host = '127.0.0.1', port = 0, store = createStore(), bookmarkMs = 10_000 } = options
  const api = createLocalApi({ clock, store, bookmarkMs })

  async function serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    response.sendDate = false
    response.setHeader('date', api.date())
    const reaction = api.react(await readRequest(message))
    if (reaction.kind === 'hang') return
    if (reaction.kind === 'drop') return void message.socket.destroy()
    if (reaction.kind === 'answer') return reply(response, reaction)
    const closed = new AbortController()
    const close = (): void => closed.abort()
    message.socket.once('close', close)
    response.writeHead(200, { 'content-type': 'application/json' })
    response.flushHeaders()
    try {
      await reaction.run((line) => response.write(line), closed.signal)
    } finally {
      // The socket serves other requests after this one.
      message.socket.removeListener('close', close)
      response.end()
    }
  }

  const server = createServer((message, response) => {
    serve(message, response).catch((thrown: unknown) => {
      const error = asError(thrown)
      const status =
        error instanceof ApiError ? error : new ApiError(500, 'InternalError', error.stack ?? error.message)
      if (response.headersSent) message.socket.destroy()
      else reply(response, refusal(status))
    })
  })
  // Longer than any client keeps an idle connection, so that it is never we who close one under a request.
  server.keepAliveTimeout = 120_000
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })

  return {
    ...api,
    url: `http://${host}:${(server.address() as AddressInfo).port}`,
    stop: async () => {
      api.closeWatches()
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
    },
  }
}

function reply(response: ServerResponse, { status, text, retryAfterSeconds }: Reply): void {
  if (retryAfterSeconds !== undefined) response.setHeader('retry-after', String(retryAfterSeconds))
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })
  response.end(text)
}

async function readRequest(message: IncomingMessage): Promise<RawRequest> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of message) {
    size += chunk.length
    if (size > MAX_BODY_BYTES)
      throw new ApiError(413, 'RequestEntityTooLarge', 'Request entity too large: limit is 3145728')
    chunks.push(chunk)
  }
  return {
    method: message.method ?? 'GET',
    target: message.url ?? '/',
    contentType: message.headers['content-type'] ?? 'application/json',
    accept: message.headers.accept ?? '',
    text: Buffer.concat(chunks).toString(),
  }
}
