import type { Millis } from '../../core/model/primitives.ts'
import type { Clock } from '../../core/ports/clock.ts'
import type { Tell } from '../../core/ports/log.ts'

/** One source of truth; watches must say something at least once in `limitMs`. */
export interface FreshSource {
  readonly name: string
  seenAt(): Millis | undefined
  /** How often what it shows went back to an older state. */
  rewinds?(): number
  readonly limitMs: Millis
}

export interface Freshness {
  readonly blindSince: Millis | undefined
  readonly blindSource: string | undefined
  readonly seeingSince: Millis
  /** When sight is lost unless something is seen before; while it is lost, only looking tells that it is back. */
  readonly losesAt: Millis | undefined
  /** Looks at the sources; true when sight has just come back, so that every clock must start anew. */
  update(): boolean
}

/** Whether our own eyes are open: every source of truth was seen within its limit. */
export function createFreshness(clock: Clock, sources: readonly FreshSource[], tell: Tell): Freshness {
  const startedAt = clock.now()
  let blindSince: Millis | undefined = startedAt
  let blindSource: string | undefined = 'start'
  let seeingSince = startedAt
  let rewound = 0

  /** What failed in the other history says nothing of this one. */
  const hasRewound = (): boolean => {
    const before = rewound
    rewound = sources.reduce((sum, source) => sum + (source.rewinds?.() ?? 0), 0)
    return rewound > before
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
    get losesAt() {
      if (blindSince !== undefined) return undefined
      // The limit itself is still in time.
      return Math.min(...sources.map((source) => (source.seenAt() ?? startedAt) + source.limitMs)) + 1
    },
    update() {
      const now = clock.now()
      const blind = sources
        .filter((source) => now - (source.seenAt() ?? Number.NEGATIVE_INFINITY) > source.limitMs)
        .map((source) => ({ name: source.name, since: source.seenAt() ?? startedAt }))
        .sort((a, b) => a.since - b.since)[0]
      if (blind !== undefined) {
        if (blindSince === undefined) {
          tell({
            level: 'warn',
            reason: 'SightLost',
            message: `${blind.name} has not been seen for ${Math.round((now - blind.since) / 1_000)} s: nothing is decided`,
          })
        }
        blindSince ??= blind.since
        blindSource = blind.name
        return false
      }
      if (hasRewound()) {
        const message = 'the API server has gone back to an older state: every clock starts anew'
        tell({ level: 'warn', reason: 'StateRewound', message })
      } else if (blindSince === undefined) return false
      else if (blindSource !== 'start') {
        tell({ level: 'info', reason: 'SightRegained', message: 'all sources are seen again; every clock starts anew' })
      }
      blindSince = undefined
      blindSource = undefined
      seeingSince = now
      return true
    },
  }
}
