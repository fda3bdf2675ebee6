import type { Millis } from '../model/primitives.ts'

export interface Clock {
  /** Monotonic. */
  now(): Millis
  /** The machine's wall clock; may jump. */
  wall(): Millis
  /** Resolves after `ms`; rejects with the signal's reason when aborted. */
  sleep(ms: Millis, signal: AbortSignal): Promise<void>
}
