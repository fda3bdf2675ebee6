import { formatControlPlane, parseControlPlane } from '../core/annotations/control-plane.ts'
import { addPeaks, highestPeak, type Peak } from '../core/evidence/control-plane-peaks.ts'
import type { Millis } from '../core/model/primitives.ts'
import type { Clock } from '../core/ports/clock.ts'

/** How many control-plane (or etcd) nodes there were, remembered for 7 days: in memory, and on heald's Lease for those who come after. */
export interface ControlPlane {
  /** So many are seen now. */
  see(count: number): void
  /** The most in the last 7 days; 0 = none is known. */
  highest(): number
  /** Learns what the annotation on the Lease says, and returns what it should say. */
  exchange(stored: string | undefined): string | undefined
}

/**
 * Ages are counted by our monotonic clock, so that no jump of a calendar ends one early. The calendar (the API server's)
 * is for what is stored alone; while our own clock contradicts it, nobody knows the date, and nothing is read or written.
 */
export function createControlPlane(options: {
  readonly clock: Clock
  readonly calendar: () => Millis
  readonly clocksAgree: () => boolean
}): ControlPlane {
  const { clock, calendar } = options
  let peaks: readonly Peak[] = []
  let written: string | undefined
  return {
    see(count) {
      const now = clock.now()
      if (count > 0) peaks = addPeaks(peaks, [{ count, seenAt: now }], now)
    },
    highest: () => highestPeak(peaks, clock.now()),
    exchange(stored) {
      if (!options.clocksAgree()) return stored
      const now = clock.now()
      const offset = calendar() - now
      // Our own words would come back younger by as much as the API server's Date errs, each time anew.
      const read = stored === written ? [] : parseControlPlane(stored)
      const heard = read.map(({ count, lastSeen }) => ({ count, seenAt: lastSeen - offset }))
      peaks = addPeaks(peaks, heard, now)
      if (peaks.length === 0) return stored
      written = formatControlPlane(peaks.map(({ count, seenAt }) => ({ count, lastSeen: seenAt + offset })))
      return written
    },
  }
}
