import type { Millis } from '../../core/model/primitives.ts'
import type { Clock } from '../../core/ports/clock.ts'
import { createLinked } from '../../lib/abort.ts'
import { createAlarm } from '../../lib/alarm.ts'

/** At most one round in this time: what happens meanwhile is seen together. */
const ROUND_MS = 1_000
/** A change that nobody rang for is seen after this long. */
const LONGEST_SLEEP_MS = 5_000

export interface Requeue {
  readonly longestSleepMs: Millis
  wake(): void
  /** Until something changes or `wakeAt`, but never less than a round's time since `startedAt`. */
  sleep(startedAt: Millis, wakeAt: Millis | undefined): Promise<void>
  close(): void
}

/** Wakes the leader's loop. `onChange` registers a listener and returns how to take it back. */
export function createRequeue(
  clock: Clock,
  onChange: (listener: () => void) => () => void,
  enders: readonly AbortSignal[],
  longestSleepMs: Millis = LONGEST_SLEEP_MS,
): Requeue {
  const alarm = createAlarm(clock)
  const ending = createLinked(enders)
  const forget = onChange(alarm.ring)

  return {
    longestSleepMs,
    wake: alarm.ring,
    async sleep(startedAt, wakeAt = Number.POSITIVE_INFINITY) {
      const atLeast = Math.max(startedAt + ROUND_MS, clock.now())
      await alarm.sleep({ atLeast, until: Math.min(wakeAt, atLeast + longestSleepMs) }, ending.signal)
    },
    close() {
      forget()
      // A timer under way is for nobody any more.
      ending.abort()
      ending.unlink()
    },
  }
}
