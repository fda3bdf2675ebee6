import type { Millis } from '../../core/model/primitives.ts'

/** The renewals of one Lease. */
export interface Beats {
  readonly beating: boolean
  begin(now: Millis): void
  end(now: Millis): void
  /** A single one, while it does not beat. */
  once(now: Millis): void
  /** The last renewal not after `time`; undefined: there was none. */
  lastAt(time: Millis): Millis | undefined
}

/** When a kubelet renewed its Lease, as stretches of time and not beat by beat: `from` + k × period, up to `until`. */
export function createBeats(periodMs: Millis): Beats {
  // Two of them: nobody asks about a time before the last one but who read it a moment ago. Infinite: there is none yet.
  let [from, until] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  let [fromBefore, untilBefore] = [from, until]
  const enter = (start: Millis, end: Millis): void => {
    fromBefore = from
    untilBefore = until
    from = start
    until = end
  }
  const isBeating = (): boolean => until === Number.POSITIVE_INFINITY
  return {
    get beating() {
      return isBeating()
    },
    begin(now) {
      if (!isBeating()) enter(now, Number.POSITIVE_INFINITY)
    },
    end(now) {
      if (isBeating()) until = now
    },
    once: (now) => enter(now, now),
    lastAt(time) {
      const isLast = from <= time
      const start = isLast ? from : fromBefore
      if (start > time) return undefined
      const end = Math.min(time, isLast ? until : untilBefore)
      return start + Math.floor((end - start) / periodMs) * periodMs
    },
  }
}
