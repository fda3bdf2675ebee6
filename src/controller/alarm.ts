import type { Millis } from '../core/model/primitives.ts'
import type { Clock } from '../core/ports/clock.ts'

/** At most one round in this time: what happens meanwhile is seen together. */
const ROUND_MS = 1_000
export const LONGEST_SLEEP_MS = 5_000

export interface Alarm {
  ring(): void
  /** Until something changes or `wakeAt`, but never less than a round's time since `startedAt`. */
  sleep(startedAt: Millis, wakeAt: Millis | undefined): Promise<void>
  close(): void
}

/** Wakes the leader's loop. `onChange` registers a listener and returns how to take it back. */
export function createAlarm(
  clock: Clock,
  onChange: (listener: () => void) => () => void,
  enders: readonly AbortSignal[],
): Alarm {
  let dirty = false
  let wake: (() => void) | undefined
  const ring = (): void => {
    dirty = true
    wake?.()
  }
  const close = onChange(ring)

  /** By hand, because `AbortSignal.any` costs ten times as much, and a listener left on its result is never freed. */
  async function nap(ms: Millis, wakeable: boolean): Promise<void> {
    if (ms <= 0 || enders.some((ender) => ender.aborted)) return
    const stop = new AbortController()
    const end = (): void => stop.abort()
    for (const ender of enders) ender.addEventListener('abort', end, { once: true })
    if (wakeable) wake = end
    try {
      await clock.sleep(ms, stop.signal)
    } catch (thrown) {
      if (!stop.signal.aborted) throw thrown
    } finally {
      wake = undefined
      for (const ender of enders) ender.removeEventListener('abort', end)
    }
  }

  return {
    ring,
    close,
    async sleep(startedAt, wakeAt) {
      await nap(startedAt + ROUND_MS - clock.now(), false)
      const rest = Math.min((wakeAt ?? Number.POSITIVE_INFINITY) - clock.now(), LONGEST_SLEEP_MS)
      if (!dirty) await nap(rest, true)
      dirty = false
    },
  }
}
