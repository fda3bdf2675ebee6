import type { IncomingHttpHeaders } from 'node:http'
import type { Millis } from '../core/model/primitives.ts'

/** `local`: this machine and port-forward. `public`: the network where that is configured, for Prometheus. */
export type DoorName = 'local' | 'public'

export interface Ask {
  readonly method: string
  /** As sent: not decoded, without the query. */
  readonly path: string
  /** Decoded; never empty, never with a slash in it. */
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
  /** Address of the peer. */
  readonly peer: string
  /** Empty on a route that takes none. */
  readonly body: Uint8Array
}

export interface Reply {
  readonly status: number
  readonly contentType: string
  readonly body: string | Uint8Array
  readonly headers?: Readonly<Record<string, string>>
}

export interface StreamEvent {
  readonly id?: string
  readonly event?: string
  /** May have several lines. */
  readonly data: string
}

export interface StreamClient {
  /** Never waits. A client that does not read is cut off: it comes again and asks for what it missed. */
  send(event: StreamEvent): void
  /** Aborts when the client is gone or the server closes. */
  readonly signal: AbortSignal
}

/** Server-sent events instead of one answer. `open` is called once the headers are sent. */
export interface StreamReply {
  readonly open: (client: StreamClient) => void
  /** A comment after so much time keeps proxies from cutting a quiet stream. 15 s. */
  readonly heartbeatMs?: Millis
}

export interface BodyRule {
  readonly maxBytes: number
  /** Without parameters, e.g. `application/json`. */
  readonly contentTypes: readonly string[]
}

/** Asked before the body is read. A refusal's `challenge` is sent as WWW-Authenticate. */
export type Authorize = (ask: Omit<Ask, 'body'>, signal: AbortSignal) => Promise<AuthAnswer> | AuthAnswer
export type AuthAnswer = 'allow' | { readonly status: number; readonly text: string; readonly challenge?: string }

export interface Route {
  /** `GET` answers HEAD too. */
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Segments; `{name}` takes any one of them: `/why/{node}`. */
  readonly path: string
  /** The 404 for a path that begins like this one and is none. */
  readonly usage?: string
  /** Absent: whatever is sent is thrown away. */
  readonly body?: BodyRule
  /** The signal aborts when the client is gone. A throw is a 500 and a line in the log. */
  readonly answer: (ask: Ask, signal: AbortSignal) => Promise<Reply | StreamReply> | Reply | StreamReply
}

/** Routes that are reached by the same doors and guarded by the same rule. */
export interface RouteGroup {
  readonly doors: readonly DoorName[]
  /** Absent: open to whoever reaches the door. */
  readonly authorize?: Authorize
  readonly routes: readonly Route[]
}
