import got, { type Method, RequestError, type Response } from 'got'
import { z } from 'zod'
import type { ProviderErrorKind } from '../../core/model/instance.ts'
import type { Json, Millis } from '../../core/model/primitives.ts'
import { ProviderError } from '../../core/ports/cloud-provider.ts'
import type { Log } from '../../core/ports/log.ts'
import { asError } from '../../lib/errors.ts'
import { type ActSignal, refuseLate } from '../contract/act-signal.ts'

/** How long an answer is waited for. */
export interface Patience {
  readonly readMs: Millis
  readonly changeMs: Millis
}

/** Less than the 10 s in which a step must answer, reads before and after included. */
const PATIENCE: Patience = { readMs: 3_000, changeMs: 6_000 }

const KINDS: Readonly<Record<number, ProviderErrorKind>> = {
  400: 'invalid',
  401: 'unauthorized',
  403: 'unauthorized',
  404: 'not-found',
  406: 'invalid',
  409: 'conflict',
  429: 'throttled',
  501: 'unsupported',
}
const NEVER_SENT: ReadonlySet<string> = new Set(['ECONNREFUSED', 'ENOENT', 'EACCES', 'EPERM', 'ENOTSOCK', 'EPROTOTYPE'])
const Refusal = z.object({ message: z.string() })

export interface Change {
  readonly method: 'POST' | 'DELETE'
  readonly path: string
  readonly query?: Readonly<Record<string, string | number | boolean>>
  readonly body?: Json | object
}

/** The Docker engine's HTTP API over its socket. Errors: ProviderError, or the signal's reason. No retries. */
export interface Engine {
  /** Undefined when there is no such thing (404). */
  read<T>(path: string, shape: z.ZodType<T>, signal: AbortSignal): Promise<T | undefined>
  readBytes(path: string, signal: AbortSignal): Promise<Uint8Array>
  /**
   * One mutating request. `pending`: the engine has it and had not finished when our patience ended; a client that
   * hangs up does not stop it. 304 (already so) is an answer like 204.
   */
  change(change: Change, signal: ActSignal): Promise<{ readonly body: unknown } | 'pending'>
}

export function createEngine(socket: string, log: Log, { readMs, changeMs } = PATIENCE): Engine {
  const http = got.extend({
    enableUnixSockets: true,
    retry: { limit: 0 },
    followRedirect: false,
    throwHttpErrors: false,
    responseType: 'buffer',
    timeout: { request: readMs },
  })

  async function send(method: Method, path: string, options: SendOptions): Promise<Response<Uint8Array>> {
    const url = `unix:${socket}:${path}`
    try {
      return await http<Uint8Array>(url, {
        method,
        signal: options.signal,
        ...(options.query === undefined ? {} : { searchParams: options.query }),
        ...(options.body === undefined ? {} : { json: options.body }),
        ...(options.timeoutMs === undefined ? {} : { timeout: { request: options.timeoutMs } }),
      })
    } catch (thrown) {
      options.signal.throwIfAborted()
      throw noAnswer(method, path, asError(thrown))
    }
  }

  async function get(path: string, signal: AbortSignal): Promise<Response<Uint8Array> | undefined> {
    const answer = await send('GET', path, { signal })
    if (answer.statusCode === 404) return undefined
    if (!answer.ok) throw refused('GET', path, answer)
    return answer
  }

  return {
    async read(path, shape, signal) {
      const answer = await get(path, signal)
      if (answer === undefined) return undefined
      const parsed = shape.safeParse(parseJson(answer.body))
      if (parsed.success) return parsed.data
      throw new ProviderError('invalid', 'none', `docker: GET ${path}: ${z.prettifyError(parsed.error)}`)
    },
    async readBytes(path, signal) {
      return (await get(path, signal))?.body ?? new Uint8Array()
    },
    async change({ method, path, query, body }, signal) {
      log.info({ method, path, query: query ?? {} }, 'engine request')
      refuseLate(`docker: ${method} ${path}`, signal)
      let answer: Response<Uint8Array>
      try {
        answer = await send(method, path, { signal, query, body, timeoutMs: changeMs })
      } catch (thrown) {
        if (thrown instanceof ProviderError && isTimeout(thrown.cause)) return 'pending'
        throw thrown
      }
      if (!answer.ok && answer.statusCode !== 304) throw refused(method, path, answer)
      return { body: parseJson(answer.body) }
    },
  }
}

interface SendOptions {
  readonly signal: AbortSignal
  readonly query?: Change['query'] | undefined
  readonly body?: Change['body'] | undefined
  readonly timeoutMs?: Millis
}

function parseJson(body: Uint8Array): unknown {
  const text = Buffer.from(body).toString('utf8')
  try {
    return JSON.parse(text)
  } catch {
    // The caller's schema says what is missing; most changes answer with nothing at all.
    return undefined
  }
}

/** The engine answers 4xx before it touches anything; after a 5xx anything may have happened. */
function refused(method: Method, path: string, answer: Response<Uint8Array>): ProviderError {
  const parsed = Refusal.safeParse(parseJson(answer.body))
  const why = parsed.success ? parsed.data.message : 'no reason given'
  const seconds = Number(answer.headers['retry-after'])
  return new ProviderError(
    KINDS[answer.statusCode] ?? (answer.statusCode < 500 ? 'invalid' : 'unavailable'),
    method === 'GET' || answer.statusCode < 500 ? 'none' : 'maybe',
    `docker: ${method} ${path}: ${answer.statusCode}: ${why}`,
    seconds > 0 ? { retryAfterMs: seconds * 1_000 } : {},
  )
}

function noAnswer(method: Method, path: string, cause: Error): ProviderError {
  const code = cause instanceof RequestError ? cause.code : ''
  return new ProviderError(
    code === 'EACCES' || code === 'EPERM' ? 'unauthorized' : 'unavailable',
    method === 'GET' || NEVER_SENT.has(code) ? 'none' : 'maybe',
    `docker: ${method} ${path}: ${cause.message}`,
    // Not got's own error: it carries the request, and a machine's settings may hold secrets.
    { cause: Object.assign(new Error(cause.message), { code }) },
  )
}

function isTimeout(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && cause.code === 'ETIMEDOUT'
}
