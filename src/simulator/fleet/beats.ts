import type { Millis } from '../../core/model/primitives.ts'

/** When a kubelet renewed its Lease, as a stretch of time and not beat by beat: `from` + k × period, up to `until`. */
interface Stretch {
  readonly from: Millis
  readonly until: Millis
}

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

export function createBeats(periodMs: Millis): Beats {
  // Nobody asks about a time before the last stretch but who read it a moment ago.
  let stretches: readonly Stretch[] = []
  const open = (): Stretch | undefined => stretches.findLast(({ until }) => until === Number.POSITIVE_INFINITY)
  return {
    get beating() {
      return open() !== undefined
    },
    begin(now) {
      if (open() !== undefined) return
      stretches = [...stretches.slice(-1), { from: now, until: Number.POSITIVE_INFINITY }]
    },
    end(now) {
      const current = open()
      if (current !== undefined) stretches = [...stretches.slice(0, -1), { ...current, until: now }]
    },
    once: (now) => {
      stretches = [...stretches.slice(-1), { from: now, until: now }]
    },
    lastAt(time) {
      const stretch = stretches.findLast(({ from }) => from <= time)
      if (stretch === undefined) return undefined
      const end = Math.min(time, stretch.until)
      return stretch.from + Math.floor((end - stretch.from) / periodMs) * periodMs
    },
  }
}
