import type { Millis } from '../core/model/primitives.ts'

/** client-go's three numbers. */
export interface Timings {
  /** Others wait this long after they last saw the record change. Whole seconds are stored, rounded up. */
  readonly leaseDurationMs: Millis
  /** A leader that has not renewed for this long stops. Must leave room below `leaseDurationMs`. */
  readonly renewDeadlineMs: Millis
  /** Between two tries: of a candidate, and of a leader whose renewal failed. */
  readonly retryPeriodMs: Millis
}

export const DEFAULT_TIMINGS: Timings = { leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 2_000 }

/** Throws unless the numbers are such that two leaders cannot overlap. */
export function checkTimings(timings: Timings): void {
  const { leaseDurationMs, renewDeadlineMs, retryPeriodMs } = timings
  if (retryPeriodMs > 0 && retryPeriodMs * 2 <= renewDeadlineMs && renewDeadlineMs < leaseDurationMs) return
  throw new RangeError(
    `leader: timings: need 0 < 2 × retryPeriod ≤ renewDeadline < leaseDuration, ` +
      `have ${retryPeriodMs} ms, ${renewDeadlineMs} ms, ${leaseDurationMs} ms`,
  )
}
