import { asError } from '../../lib/errors.ts'
import { isRecord, listOf, recordAt, textOf } from '../../lib/pure/json.ts'
import { KubeError, type KubeRequest } from './http.ts'

const REASONS: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  409: 'Conflict',
  410: 'Expired',
  422: 'Invalid',
  429: 'TooManyRequests',
  503: 'ServiceUnavailable',
  504: 'Timeout',
}

/** A KubeError of an answer that is not a success. `body` is a Kubernetes Status, or whatever a proxy in between says. */
export function answerError(
  request: Pick<KubeRequest, 'method' | 'path'>,
  status: number,
  body: string,
  retryAfter?: string,
): KubeError {
  const said = parseStatus(body)
  const reason = textOf(said?.reason) || REASONS[status] || (status >= 500 ? 'InternalError' : 'Refused')
  const words = [textOf(said?.message) || body.trim() || 'no further word', ...budgetsOf(said)]
  const message = words.join(' ').slice(0, 1_000)
  const retryAfterMs = retryAfterOf(retryAfter, said)
  return new KubeError(
    status,
    reason,
    `kube: ${request.method} ${request.path}: ${status} ${reason}: ${message}`,
    retryAfterMs === undefined ? {} : { retryAfterMs },
  )
}

/** The Status object of an ERROR event in a watch. */
export function statusError(path: string, object: unknown): KubeError {
  const code = isRecord(object) && typeof object.code === 'number' ? object.code : 500
  return answerError({ method: 'GET', path }, code, JSON.stringify(object) ?? '')
}

/**
 * No answer. What HTTP libraries throw carries the request with its headers, so only the text and the code go on, and
 * `secrets` are cut out of the text.
 */
export function noAnswer(
  request: Pick<KubeRequest, 'method' | 'path'>,
  host: string,
  thrown: unknown,
  secrets: readonly string[],
): KubeError {
  const error = asError(thrown)
  let text = error.message || error.name
  for (const secret of secrets) text = text.replaceAll(secret, '[redacted]')
  const code = textOf((error as NodeJS.ErrnoException).code)
  const cause = Object.assign(new Error(text), code ? { code } : {})
  return new KubeError(0, 'NoAnswer', `kube: ${request.method} ${request.path}: ${host}: ${text}`, { cause })
}

function parseStatus(body: string): Record<string, unknown> | undefined {
  if (!body.startsWith('{')) return undefined
  try {
    const parsed: unknown = JSON.parse(body)
    return isRecord(parsed) ? parsed : undefined
  } catch (thrown) {
    // Cut short or not ours: the status code alone must do.
    if (thrown instanceof SyntaxError) return undefined
    throw thrown
  }
}

/** Only here does a refused eviction name the PodDisruptionBudget. */
function budgetsOf(said: Record<string, unknown> | undefined): string[] {
  const causes = listOf(recordAt(said, 'details').causes).filter(isRecord)
  return causes.flatMap(({ reason, message }) => (reason === 'DisruptionBudget' ? [textOf(message) ?? ''] : []))
}

function retryAfterOf(header: string | undefined, said: Record<string, unknown> | undefined): number | undefined {
  const details = said?.details
  const seconds = header ?? (isRecord(details) ? details.retryAfterSeconds : undefined)
  const ms = Number(seconds) * 1_000
  return seconds !== undefined && seconds !== '' && Number.isFinite(ms) && ms >= 0 ? ms : undefined
}
