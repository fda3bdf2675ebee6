import { parseRfc3339 } from '../../lib/pure/rfc3339.ts'
import type { Attempt, NodeRepair } from '../model/node-repair.ts'
import type { Millis } from '../model/primitives.ts'
import { isReboot, RUNGS, type RungName } from '../model/rungs.ts'
import type { Candidate } from './candidate.ts'
import { beganAt, beganToFail } from './correlation.ts'
import { type Round, rungName, toMonotonic } from './round.ts'

/** A reboot helps when the node then lasts this many times as long as after the one before. */
const LONGER = 1.5
/** Who lasts as long as this was helped, whatever came before. */
const LONG_MS: Millis = 3_600_000

export interface SpentRung {
  /** Of the last act: this rung, or a stronger one. */
  readonly rung: RungName
  /** How long the node lasted after the last two acts. */
  readonly lastedMs: readonly [Millis, Millis]
}

/**
 * Says of a node whose next rung is a reboot whether that one is spent: the last two did not lengthen the time to its next
 * failure. Counted over the window of the lemon rule.
 */
export function findSpentRungs(round: Round): (subject: Candidate) => SpentRung | undefined {
  const { view, policy } = round
  const byNode = new Map<string, NodeRepair[]>()
  for (const repair of view.repairs.values()) {
    if (view.calendar - repair.createdAt >= policy.rate.perNodeWindowMs) continue
    const list = byNode.get(repair.spec.nodeName)
    if (list === undefined) byNode.set(repair.spec.nodeName, [repair])
    else list.push(repair)
  }
  return (subject) => {
    const rung = rungName(subject)
    const repairs = byNode.get(subject.node.name)
    // Who allows a node more repairs than usual waits longer for this, too.
    const needed = Math.max(2, policy.rate.perNode - 1)
    if (repairs === undefined || repairs.length < needed || !isReboot(rung)) return undefined
    const own = subject.repair
    const now = beganAt(subject, view) ?? view.now
    const lasted = repairs
      .toSorted((a, b) => a.createdAt - b.createdAt)
      .flatMap((repair, index, all) => {
        const next = all[index + 1]
        const failedAgain = next === undefined ? now : beganToFail(next, view)
        return repair === own ? [] : lastedAfter(repair, rung, failedAgain, round)
      })
    if (lasted.length < needed) return undefined
    const [before, last] = lasted.slice(-2)
    return before === undefined || last === undefined || last.ms >= before.ms * LONGER || last.ms >= LONG_MS
      ? undefined
      : { rung: last.rung, lastedMs: [before.ms, last.ms] }
  }
}

/** From the act to the next failure: its own soak's, or that of the next repair. */
function lastedAfter(
  repair: NodeRepair,
  rung: RungName | 'human',
  next: Millis,
  { view }: Round,
): readonly { readonly rung: RungName; readonly ms: Millis }[] {
  const act = repair.status?.attempts.findLast((one) => isAsStrong(one.rung, rung) && one.state !== 'NotSent')
  const issuedAt = act === undefined ? undefined : parseRfc3339(act.issuedAt)
  if (act === undefined || issuedAt === undefined) return []
  const ms = (failedAt(act, view) ?? next) - toMonotonic(view, issuedAt)
  return ms < 0 ? [] : [{ rung: act.rung, ms }]
}

/** What a hard reboot has not mended, no soft one will. */
function isAsStrong(act: RungName, rung: RungName | 'human'): boolean {
  return isReboot(act) && isReboot(rung) && RUNGS.indexOf(act) >= RUNGS.indexOf(rung)
}

function failedAt({ state, finishedAt }: Attempt, view: Round['view']): Millis | undefined {
  const at = state === 'Failed' ? parseRfc3339(finishedAt ?? '') : undefined
  return at === undefined ? undefined : toMonotonic(view, at)
}
