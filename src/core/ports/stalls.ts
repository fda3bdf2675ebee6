import type { Millis } from '../model/primitives.ts'

/** A time in which this process stood still: starved by its host, stopped, or paused with its machine. */
export interface Stall {
  /** When it was last seen to run, and when it was seen to run again; by our monotonic clock. */
  readonly from: Millis
  readonly until: Millis
  /** For how long the world went on: longer than between those two where the monotonic clock stood still as well. */
  readonly lostMs: Millis
}

/** What is known of such times. */
export interface Stalls {
  /** Called by whoever is about to judge: a stall that has just ended is told to those who listen before this returns. */
  notice(): void
  /** How much of the time since `at` this process stood still. */
  since(at: Millis): Millis
  onStall(listener: (stall: Stall) => void): void
}

/** Of a process that never stands still, as in a world whose time waits for it. */
export const NO_STALLS: Stalls = { notice: () => undefined, since: () => 0, onStall: () => undefined }
