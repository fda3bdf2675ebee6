import { z } from 'zod'
import type { ProviderErrorKind } from '../../../core/model/instance.ts'
import type { Millis } from '../../../core/model/primitives.ts'
import { ProviderError } from '../../../core/ports/cloud-provider.ts'
import type { Log } from '../../../core/ports/log.ts'
import { asError } from '../../../lib/errors.ts'
import { NO_WAY } from '../../../lib/proxy/choose.ts'
import { changes, type Exchange, type RawAnswer, type Request } from './exchange.ts'

const KINDS: Readonly<Record<number, ProviderErrorKind>> = {
  401: 'unauthorized',
  403: 'unauthorized',
  404: 'not-found',
  406: 'unsupported',
  409: 'conflict',
  413: 'throttled',
  429: 'throttled',
  501: 'unsupported',
}
const NEVER_SENT: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EAI_AGAIN',
  NO_WAY,
])
/** The handshake failed, so no request went out either. */
const UNTRUSTED = /^(ERR_TLS|ERR_SSL|DEPTH_ZERO|SELF_SIGNED|CERT_|UNABLE_TO|HOSTNAME_MISMATCH|EPROTO)/

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: unknown
  /** Calendar time of the service, by its `Date`; undefined when it sends none. */
  readonly date: Millis | undefined
}

/** One HTTP request: an end in time, no redirects, no repeats. Whatever the status, an answer is returned. */
export interface Http {
  send(request: Request, signal: AbortSignal): Promise<Answer>
}

export function createHttp(log: Log, exchange: Exchange): Http {
  return {
    async send(request, signal) {
      const { service, method, url } = request
      let raw: RawAnswer
      try {
        raw = await exchange(request, signal)
      } catch (thrown) {
        signal.throwIfAborted()
        throw noAnswer(request, asError(thrown))
      }
      const { status, headers, body } = raw
      log.debug({ service, method, path: pathOf(url), status, requestId: requestId(headers) }, 'OpenStack request')
      return { status, headers, body: parseJson(body), date: dateOf(headers.date) }
    },
  }
}

/** What a service said no with, as the one error that providers throw. Keeps its request id. */
export function refusal(request: Request, answer: Answer): ProviderError {
  const { service, method, url } = request
  const id = requestId(answer.headers)
  const hint = answer.status === 403 && service !== 'keystone' ? '; heald needs the role member in its project' : ''
  const why = `${whyOf(answer.body)}${id === undefined ? '' : ` (${id})`}${hint}`
  const kind = KINDS[answer.status] ?? (answer.status < 500 ? 'invalid' : 'unavailable')
  const wait = retryAfterMs(answer)
  return new ProviderError(
    kind,
    changes(request) && answer.status >= 500 ? 'maybe' : 'none',
    `openstack: ${service}: ${method} ${pathOf(url)}: ${answer.status}: ${why}`,
    wait === undefined ? {} : { retryAfterMs: wait },
  )
}

export function wrongAnswer(request: Request, error: z.ZodError): ProviderError {
  const { service, method, url } = request
  const where = error.issues.map(({ path }) => path.map(String).join('.') || 'the answer')
  const effect = changes(request) ? 'maybe' : 'none'
  const list = [...new Set(where)].slice(0, 5).join(', ')
  return new ProviderError(
    'invalid',
    effect,
    `openstack: ${service}: ${method} ${pathOf(url)}: not understood: ${list}`,
  )
}

/** The certificate was refused: trying again does not help. */
export function isUntrusted({ cause }: ProviderError): boolean {
  return cause instanceof Error && 'code' in cause && UNTRUSTED.test(String(cause.code))
}

function noAnswer(request: Request, cause: Error): ProviderError {
  const { service, method, url } = request
  const code = 'code' in cause ? String(cause.code) : ''
  const untrusted = UNTRUSTED.test(code)
  const hint = untrusted ? '; the certificate is not trusted: set caFile to the authority that signed it' : ''
  return new ProviderError(
    'unavailable',
    changes(request) && !untrusted && !NEVER_SENT.has(code) ? 'maybe' : 'none',
    `openstack: ${service}: ${method} ${originOf(url)}${pathOf(url)}: ${cause.message}${hint}`,
    // Not the exchange's own error: got's carries the request, token and password included.
    { cause: Object.assign(new Error(cause.message), { code }) },
  )
}

const Message = z.object({ message: z.string() })
const Faults = z.union([
  z.object({
    errors: z
      .array(
        z.object({ detail: z.string().optional(), title: z.string().optional(), description: z.string().optional() }),
      )
      .min(1),
  }),
  // Keystone, Heat: under `error`; Nova, Cinder: under the fault's own name.
  z.record(z.string(), z.unknown()),
])

function whyOf(body: unknown): string {
  const parsed = Faults.safeParse(body)
  if (!parsed.success) return 'no reason given'
  const faults = parsed.data
  if ('errors' in faults && Array.isArray(faults.errors)) {
    const [first] = faults.errors
    return first?.detail ?? first?.description ?? first?.title ?? 'no reason given'
  }
  for (const value of Object.values(faults)) {
    const inner = Message.safeParse(value)
    if (inner.success) return inner.data.message
  }
  return 'explanation' in faults && typeof faults.explanation === 'string' ? faults.explanation : 'no reason given'
}

/** In seconds or as a date; Nova's old limit puts it into the body. */
function retryAfterMs(answer: Answer): Millis | undefined {
  const header = answer.headers['retry-after']
  const limit = z.object({ overLimit: z.object({ retryAfter: z.coerce.number() }) }).safeParse(answer.body)
  const word = typeof header === 'string' ? header : limit.success ? String(limit.data.overLimit.retryAfter) : undefined
  if (word === undefined) return undefined
  const seconds = Number(word)
  const ms = Number.isFinite(seconds) ? seconds * 1_000 : Date.parse(word) - (answer.date ?? Date.parse(word))
  return ms > 0 ? ms : undefined
}

function requestId(headers: Answer['headers']): string | undefined {
  const id = headers['x-openstack-request-id'] ?? headers['x-compute-request-id']
  return typeof id === 'string' ? id.slice(0, 64) : undefined
}

function dateOf(text: Answer['headers'][string]): Millis | undefined {
  const ms = Date.parse(String(text))
  return Number.isNaN(ms) ? undefined : ms
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString('utf8'))
  } catch {
    // The caller's schema says what is missing; most changes answer with nothing at all.
    return undefined
  }
}

export function pathOf(url: string): string {
  const { pathname, search } = new URL(url)
  return pathname + search
}

function originOf(url: string): string {
  return new URL(url).origin
}
