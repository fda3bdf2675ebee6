import type { Millis } from '../../core/model/primitives.ts'
import type { Clock } from '../../core/ports/clock.ts'
import type { Tell } from '../../core/ports/log.ts'
import { NO_STALLS, type Stall, type Stalls } from '../../core/ports/stalls.ts'

/** One source of truth: it must say something at least once in `limitMs`, in which our own stalls do not count. */
export interface FreshSource {
  readonly name: string
  seenAt(): Millis | undefined
  /** How often what it shows went back to an older state. */
  rewinds?(): number
  /** It is asked again and again: after a stall of ours it must have answered anew. A watch goes on where it was. */
  readonly asked?: true
  readonly limitMs: Millis
}

export interface Freshness {
  readonly blindSince: Millis | undefined
  readonly blindSource: string | undefined
  readonly seeingSince: Millis
  /** How much of the time since `at` our own process stood still. */
  stoodSince(at: Millis): Millis
  /** Set from the end of a stall of our own process until everything was looked at again: when it ended, and how long it was. */
  readonly stoodStill: Pick<Stall, 'until' | 'lostMs'> | undefined
  /** When sight is lost unless something is seen before; while it is lost, only looking tells that it is back. */
  readonly losesAt: Millis | undefined
  /**
   * Looks at the sources. `anew`: sight has just come back, and every clock must start anew. `on`: our own process stood
   * still and everything has been looked at again, so that the clocks go on.
   */
  update(): 'anew' | 'on' | undefined
}

/** Where sight was lost by nobody else. */
const OWN_PROCESS = "heald's own process"
/** After a stall, what has arrived meanwhile lies in buffers; it is read before anything is judged by it. */
const SETTLE_MS: Millis = 1_000

/** Whether our own eyes are open: every source of truth was seen within its limit, and we were there to see it. */
export function createFreshness(
  clock: Clock,
  sources: readonly FreshSource[],
  tell: Tell,
  stalls: Stalls = NO_STALLS,
): Freshness {
  const startedAt = clock.now()
  let blindSince: Millis | undefined = startedAt
  let blindSource: string | undefined = 'start'
  let seeingSince = startedAt
  let rewound = 0
  /** Those since the last moment at which everything was seen, as one. */
  let stall: Stall | undefined

  /** What failed in the other history says nothing of this one. */
  const hasRewound = (): boolean => {
    const before = rewound
    rewound = sources.reduce((sum, source) => sum + (source.rewinds?.() ?? 0), 0)
    return rewound > before
  }

  stalls.onStall(({ from, until, lostMs }) => {
    stall = { from: stall?.from ?? from, until, lostMs: (stall?.lostMs ?? 0) + lostMs }
    blindSince ??= from
    blindSource ??= OWN_PROCESS
  })
  const losesAtOf = (source: FreshSource): Millis => {
    const seenAt = source.seenAt() ?? startedAt
    return seenAt + source.limitMs + stalls.since(seenAt)
  }
  /** So long that it is a gap in our sight like any other. */
  const isGap = ({ lostMs }: Stall): boolean => sources.some(({ limitMs }) => lostMs > limitMs)
  /** A watch goes on where it was; one that was left alone for so long has ended, and is begun anew at once. */
  const isSettled = (ended: Stall): boolean => {
    const unseen = sources.filter(({ asked }) => asked || isGap(ended))
    return clock.now() - ended.until >= SETTLE_MS && unseen.every(({ seenAt }) => (seenAt() ?? startedAt) > ended.until)
  }

  return {
    get blindSince() {
      return blindSince
    },
    get blindSource() {
      return blindSource
    },
    get seeingSince() {
      return seeingSince
    },
    stoodSince: stalls.since,
    get stoodStill() {
      return blindSource === OWN_PROCESS ? stall : undefined
    },
    get losesAt() {
      if (blindSince !== undefined) return undefined
      // The limit itself is still in time.
      return Math.min(...sources.map(losesAtOf)) + 1
    },
    update() {
      const now = clock.now()
      const blind = sources
        .filter((source) => source.seenAt() === undefined || now > losesAtOf(source))
        .map((source) => ({ name: source.name, since: source.seenAt() ?? startedAt }))
        .sort((a, b) => a.since - b.since)[0]
      if (blind !== undefined) {
        if (blindSource === undefined || blindSource === OWN_PROCESS) {
          tell({
            level: 'warn',
            reason: 'SightLost',
            message: `${blind.name} has not been seen for ${Math.round((now - blind.since) / 1_000)} s: nothing is decided`,
          })
        }
        blindSince ??= blind.since
        blindSource = blind.name
        return undefined
      }
      if (stall !== undefined && !isSettled(stall)) return undefined
      const ended = stall
      stall = undefined
      if (hasRewound()) {
        const message = 'the API server has gone back to an older state: every clock starts anew'
        tell({ level: 'warn', reason: 'StateRewound', message })
      } else if (blindSince === undefined) return undefined
      else if (blindSource === OWN_PROCESS && ended !== undefined && !isGap(ended)) {
        blindSince = undefined
        blindSource = undefined
        return 'on'
      } else if (blindSource !== 'start') {
        tell({ level: 'info', reason: 'SightRegained', message: 'all sources are seen again; every clock starts anew' })
      }
      blindSince = undefined
      blindSource = undefined
      seeingSince = now
      return 'anew'
    },
  }
}
