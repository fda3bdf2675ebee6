import { type Played, play } from './play.ts'
import { type Schedule, scheduleOf } from './schedule.ts'

/** A schedule in which a rule was broken, with nothing left in it that is not needed for that. */
export interface Finding {
  readonly schedule: Schedule
  readonly faults: readonly string[]
}

export interface Explored {
  readonly schedules: number
  readonly findings: readonly Finding[]
  readonly calls: number
  readonly acts: number
  /** How often each kind of harm came. */
  readonly harms: ReadonlyMap<string, number>
  /** Different orders of what left a process and what came of it; told apart by a hash. */
  readonly ways: number
}

export interface ExploreOptions {
  readonly first: number
  readonly count: number
  readonly step?: number
  /** Ends with so many findings. */
  readonly mostFindings?: number
  readonly play?: typeof play
}

/** Plays the schedules `first`, `first + step` and so on, and makes each that breaks a rule as short as it can be. */
export async function explore({
  first,
  count,
  step = 1,
  mostFindings = Number.POSITIVE_INFINITY,
  play: run = play,
}: ExploreOptions): Promise<Explored> {
  const findings: Finding[] = []
  const harms = new Map<string, number>()
  const ways = new Set<number>()
  let [schedules, calls, acts] = [0, 0, 0]
  for (let seed = first; seed < first + count && findings.length < mostFindings; seed += step) {
    const schedule = scheduleOf(seed)
    const played = await run(schedule)
    schedules++
    ways.add(played.way)
    acts += played.acts.length
    for (const one of played.calls) calls += one
    for (const { what } of played.met) harms.set(what, (harms.get(what) ?? 0) + 1)
    if (played.faults.length > 0) findings.push(await shorten(schedule, played, run))
  }
  return { schedules, findings, calls, acts, harms, ways: ways.size }
}

/** Takes out one harm after the other, then makes those that are left short, as long as some rule is still broken. */
async function shorten(schedule: Schedule, played: Played, run: typeof play): Promise<Finding> {
  let best: Finding = { schedule, faults: played.faults }
  const tryInstead = async (next: Schedule): Promise<boolean> => {
    const { faults } = await run(next)
    if (faults.length > 0) best = { schedule: next, faults }
    return faults.length > 0
  }
  for (let index = 0; index < best.schedule.harms.length; ) {
    const harms = best.schedule.harms.filter((_, at) => at !== index)
    if (!(await tryInstead({ ...best.schedule, harms }))) index++
  }
  await tryInstead({ ...best.schedule, rates: best.schedule.rates.map(() => 1) })
  for (const [index, { ms }] of best.schedule.harms.entries()) {
    for (const shorter of [0, 1_000, 4_000, 16_000, 32_000]) {
      if (shorter >= ms) break
      const harms = best.schedule.harms.map((harm, at) => (at === index ? { ...harm, ms: shorter } : harm))
      if (await tryInstead({ ...best.schedule, harms })) break
    }
  }
  return best
}
