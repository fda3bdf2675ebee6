import { createRandom } from '../../../src/lib/pure/random.ts'

/** What may happen at one call of one replica to the API server or the cloud. Everything else goes as it should. */
export const HARMS = [
  'frozen before it',
  'frozen after it',
  'arrives late',
  'answered late',
  'lost',
  'answer lost',
  'killed before it',
  'killed after it',
  'told to stop',
  'cut off',
  'watch stalls',
  'lease deleted',
  'lease touched',
  'etcd restored',
  'repair withdrawn',
  'node paused',
] as const

export type HarmKind = (typeof HARMS)[number]

export interface Harm {
  readonly who: number
  /** Of this replica, counted from 0 through all its lives. */
  readonly call: number
  readonly what: HarmKind
  /** How long it lasts, or how far back; by the world's clock. */
  readonly ms: number
}

/** One way in which the same incident may go: equal schedules, equal outcome. */
export interface Schedule {
  readonly seed: number
  readonly rung: 'reboot-hard' | 'replace'
  /** How fast each replica's clock runs. */
  readonly rates: readonly number[]
  /** After a thaw what came last is done first: its own timers must not be what saves a leader. */
  readonly youngestFirst: boolean
  readonly harms: readonly Harm[]
}

const LEASE_MS = 15_000
/** A leader's calls until its repair has ended. Most of a follower's are looks at the Lease. */
const CALLS = 45

/** The schedule with this number. */
export function scheduleOf(seed: number, most = 4): Schedule {
  const random = createRandom(seed)
  const below = (end: number): number => Math.floor(random() * end)
  const harms = Array.from({ length: 1 + below(most) }, (): Harm => {
    const what = HARMS[below(HARMS.length)] ?? 'lost'
    // Short ones reorder, those of about a lease lose it, and the longest outlast ten.
    const ms =
      [1 + below(3_000), LEASE_MS / 2 + below(2 * LEASE_MS), below(10 * LEASE_MS)][(below(4) * below(4)) % 3] ?? 0
    return { who: below(2), call: below(CALLS), what, ms }
  })
  return {
    seed,
    rung: random() < 0.5 ? 'reboot-hard' : 'replace',
    rates: [0.9 + 0.2 * random(), 0.9 + 0.2 * random()],
    youngestFirst: random() < 0.5,
    harms,
  }
}

/** For people: one line per harm. */
export function tellSchedule({ seed, rung, rates, youngestFirst, harms }: Schedule): readonly string[] {
  const clocks = rates.map((rate) => `× ${rate.toFixed(3)}`).join(', ')
  return [
    `seed ${seed}, ${rung}, clocks ${clocks}, after a thaw the ${youngestFirst ? 'youngest' : 'oldest'} first`,
    ...harms.map(({ who, call, what, ms }) => `  r${who}, call ${call}: ${what}, ${ms} ms`),
  ]
}
