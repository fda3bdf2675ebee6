import type { Millis } from '../../core/model/primitives.ts'
import type { Hold } from './holds.ts'
import type { Outage } from './outage.ts'
import { type Healer, type Played, type PlayOptions, playOutage } from './play.ts'

/** One outage in figures. */
export interface Verdict {
  readonly healer: Healer
  readonly acts: number
  /** Acts on machines whose kubelet was running. */
  readonly onLiving: number
  /** Such machines replaced. */
  readonly replacedLiving: number
  /** Minutes in which nobody could use a node, all nodes together. */
  readonly nodeMinutesLost: number
  /** Machines that only a rung could mend: how many, how many of them were mended, and the longest time until then. */
  readonly broken: { readonly machines: number; readonly mended: number; readonly longestMs: Millis | undefined }
  readonly longestHold: Hold | undefined
}

export interface Judged {
  readonly played: Played
  readonly verdict: Verdict
  /** Doing nothing, the oracle, and whoever else was asked for. */
  readonly others: readonly Verdict[]
}

/** Plays an outage with heald, and again with nobody, with an oracle, and with `also`. */
export async function judgeOutage(outage: Outage, options: PlayOptions, also: readonly Healer[]): Promise<Judged> {
  const played = await playOutage(outage, options)
  const others: Verdict[] = []
  for (const healer of ['nobody', 'oracle', ...also] as const) {
    others.push(verdictOf(await playOutage(outage, { ...options, healer }), healer))
  }
  return { played, verdict: verdictOf(played, options.healer ?? 'heald'), others }
}

export function verdictOf({ acts, nodeMinutesLost, broken, holds }: Played, healer: Healer): Verdict {
  const living = acts.filter(({ up }) => up)
  const mended = broken.filter(({ until }) => until !== undefined).map(({ since, until = since }) => until - since)
  const longest = [...holds].sort((a, b) => b.until - b.since - (a.until - a.since))[0]
  return {
    healer,
    acts: acts.length,
    onLiving: living.length,
    replacedLiving: living.filter(({ rung }) => rung === 'replace').length,
    nodeMinutesLost,
    broken: {
      machines: broken.length,
      mended: mended.length,
      longestMs: mended.length === 0 ? undefined : Math.max(...mended),
    },
    longestHold: longest,
  }
}
