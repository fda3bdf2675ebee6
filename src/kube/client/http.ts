import type { Json, Millis } from '../../core/model/primitives.ts'

export interface KubeRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** e.g. `/api/v1/nodes/worker-1`; each name already encoded. */
  readonly path: string
  readonly query?: Readonly<Record<string, string | number | boolean>>
  readonly body?: Json | object
  /** For PATCH: always say which kind. Default `application/json`. */
  readonly contentType?:
    | 'application/json'
    | 'application/merge-patch+json'
    | 'application/strategic-merge-patch+json'
    | 'application/json-patch+json'
    | 'application/apply-patch+yaml'
  /** Whole request; 10 s unless given. */
  readonly timeoutMs?: Millis
}

/** The one way to the API server: keep-alive, no hidden retries, rotated tokens and CAs re-read. Errors: KubeError, or the signal's reason. */
export interface KubeHttp {
  /** The parsed JSON body. */
  request(request: KubeRequest, signal: AbortSignal): Promise<unknown>
  /** The raw body of a GET in chunks, for what must not be held whole. No overall timeout: the reader has one of its own. */
  stream(request: KubeRequest, signal: AbortSignal): Promise<AsyncIterable<Buffer>>
  readonly contact: Contact
}

/** What every answer teaches in passing. */
export interface Contact {
  /** Monotonic time of the last complete answer of any status below 500; undefined before the first. */
  lastAnswerAt(): Millis | undefined
  /** The API server's calendar now: its last `Date` header plus our monotonic clock; our wall clock before the first answer. */
  calendar(): Millis
  /** Our wall clock minus the server's calendar; 0 before the first answer. */
  skewMs(): Millis
}

/** Status 0 = no answer at all (refused, timed out, reset). */
export class KubeError extends Error {
  override readonly name = 'KubeError'
  readonly status: number
  /** Kubernetes' `reason`, e.g. `NotFound`, `Conflict`, `Invalid`, `Expired`; `NoAnswer` when status is 0. */
  readonly reason: string
  readonly retryAfterMs: Millis | undefined

  constructor(
    status: number,
    reason: string,
    message: string,
    options: { cause?: unknown; retryAfterMs?: Millis } = {},
  ) {
    super(message, { cause: options.cause })
    this.status = status
    this.reason = reason
    this.retryAfterMs = options.retryAfterMs
  }
}
