import type { Millis } from '../../core/model/primitives.ts'
import type { Clock } from '../../core/ports/clock.ts'
import { sleepUnless } from '../../lib/abort.ts'

/** At most one round in this time: what happens meanwhile is seen together. */
const ROUND_MS = 1_000
export const LONGEST_SLEEP_MS = 5_000

export interface Requeue {
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
): Requeue {
  let rung = new AbortController()
  // Rung often: without a reason, each abort would make an exception with a stack.
  const ring = (): void => rung.abort('changed')
  const close = onChange(ring)

  return {
    wake: ring,
    close,
    async sleep(startedAt, wakeAt) {
      await sleepUnless(clock, startedAt + ROUND_MS - clock.now(), enders)
      const rest = Math.min((wakeAt ?? Number.POSITIVE_INFINITY) - clock.now(), LONGEST_SLEEP_MS)
      await sleepUnless(clock, rest, [...enders, rung.signal])
      rung = new AbortController()
    },
  }
}
