import type { ObjectRef } from '../model/object-ref.ts'
import type { Json } from '../model/primitives.ts'

/** pino's own call shape: data first, a static message second. */
export interface Log {
  debug(fields: object, msg: string): void
  info(fields: object, msg: string): void
  warn(fields: object, msg: string): void
  error(fields: object, msg: string): void
}

/** For a daemon or a provider whose log nobody reads. */
export const SILENT: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
}

/** Something a person should hear of. Telemetry makes a log line, a count and, with `event`, Kubernetes events of it. */
export interface Notice {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  /** PascalCase and from a fixed set: it is the log's static message, the event's reason and the counter's label. */
  readonly reason: string
  readonly message: string
  /** The objects that it is about. */
  readonly regarding?: readonly ObjectRef[]
  readonly fields?: { readonly [key: string]: Json }
  /** Also a Kubernetes event on each of `regarding`. */
  readonly event?: 'Normal' | 'Warning'
}

export type Tell = (notice: Notice) => void
