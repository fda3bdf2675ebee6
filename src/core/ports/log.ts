import type { Json } from '../model/primitives.ts'

/** pino's own call shape: data first, a static message second. */
export interface Log {
  debug(fields: object, msg: string): void
  info(fields: object, msg: string): void
  warn(fields: object, msg: string): void
  error(fields: object, msg: string): void
}

/** Something a person should hear of. One door: telemetry makes a log line, a counter and, with `event`, a Kubernetes event of it. */
export interface Notice {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  /** PascalCase and from a fixed set: it is the log's static message, the event's reason and the counter's label. */
  readonly reason: string
  readonly message: string
  readonly node?: string
  readonly repair?: string
  readonly fields?: { readonly [key: string]: Json }
  /** Also a Kubernetes event, on the Node and, when named, on the NodeRepair. */
  readonly event?: 'Normal' | 'Warning'
}

export type Tell = (notice: Notice) => void
