import { formatDuration } from '../../../lib/pure/duration.ts'
import type { Millis } from '../../model/primitives.ts'
import type { GateResult } from '../../model/view.ts'
import { type Budget, countBudget } from '../../round/budget.ts'
import type { Candidate } from '../../round/candidate.ts'
import { type Gate, no, ok, yes } from '../../round/gate.ts'
import type { Round } from '../../round/round.ts'
import { onlyParks, startsMachine, toMonotonic } from '../../round/round.ts'
import { findSpentRungs, type SpentRung } from '../../round/spent-rungs.ts'
import { type CancelledBefore, findCancelledBefore } from './cancelled-before.ts'

const NAME = 'Rate'
const OK = ok(NAME)

/** A node that needs repair after repair needs a person, and a fleet that does needs one even more. */
export const rate: Gate = {
  name: NAME,
  begin(round) {
    const { policy } = round
    const budget = countBudget(round.view, policy)
    const spent = budget.freeAt === undefined ? undefined : budgetSpent(round, budget, 0)
    const spentRung = findSpentRungs(round)
    const cancelledBefore = findCancelledBefore(round)
    return (subject) => {
      const cancelled = cancelledBefore(subject)
      if (cancelled !== undefined && round.view.now < cancelled.until) return backsOff(round, cancelled)
      if (onlyParks(subject)) return subject.detail ? yes(NAME, 'no act would follow') : OK
      const repairs = budget.repairsOf(subject.node.name, instanceId(subject))
      if (repairs.length >= policy.rate.perNode) return lemon(round, repairs)
      const useless = spentRung(subject)
      if (useless !== undefined) return rungSpent(useless)
      if (spent !== undefined && !startsMachine(subject)) return spent
      if (!subject.detail) return OK
      const { perNode, perNodeWindowMs, perHour, perDay } = policy.rate
      const message = `repaired ${repairs.length} times in ${formatDuration(perNodeWindowMs)}; ${budget.lastHour} acts in the last hour, ${budget.lastDay} in the last day`
      return yes(
        NAME,
        message,
        { repairs: repairs.length, lastHour: budget.lastHour, lastDay: budget.lastDay },
        { repairsBelow: perNode, perHour, perDay },
      )
    }
  },
}

/** How many more acts the budget has room for. */
export function actsLeft({ policy }: Round, { lastHour, lastDay }: Budget): number {
  return Math.max(0, Math.min(policy.rate.perHour - lastHour, policy.rate.perDay - lastDay))
}

/** `promised`: acts that other nodes take in this same round. */
export function budgetSpent({ view, policy }: Round, budget: Budget, promised: number): GateResult {
  const { perHour, perDay } = policy.rate
  const lastHour = budget.lastHour + promised
  const lastDay = budget.lastDay + promised
  const again =
    budget.freeAt === undefined ? '' : `; the next one is free in ${formatDuration(budget.freeAt - view.calendar)}`
  return no(NAME, {
    reason: 'BudgetSpent',
    message: `${lastHour} acts in the last hour (${perHour} allowed) and ${lastDay} in the last day (${perDay} allowed)${again}`,
    have: { lastHour, lastDay },
    need: { perHour, perDay },
    changesAt: budget.freeAt === undefined ? undefined : finite(toMonotonic(view, budget.freeAt)),
  })
}

function backsOff({ view }: Round, { times, repair, until }: CancelledBefore): GateResult {
  const last = `${repair.name}, ${repair.status?.reason ?? 'without a reason'}`
  return no(NAME, {
    reason: 'CancelledBefore',
    message: `${times === 1 ? 'a repair' : `${times} repairs`} of this node ${times === 1 ? 'was' : 'were'} cancelled lately though it was not well (${last}): the next opens in ${formatDuration(until - view.now)}`,
    have: { cancelled: times },
    need: null,
    changesAt: until,
  })
}

function rungSpent({ rung, lastedMs }: SpentRung): GateResult {
  const [before, last] = lastedMs.map((ms) => formatDuration(ms))
  return no(NAME, {
    reason: 'RungSpent',
    message: `after the last two of ${rung} the node lasted ${before}, then ${last}: the same once more is no help, and a person should look at it`,
    have: { lastedMs: [...lastedMs] },
    need: { longerBy: '50 %' },
  })
}

function lemon({ view, policy }: Round, repairs: readonly Millis[]): GateResult {
  const { perNode, perNodeWindowMs } = policy.rate
  const leaves = repairs[repairs.length - perNode]
  const changesAt = leaves === undefined ? undefined : toMonotonic(view, leaves + perNodeWindowMs)
  return no(NAME, {
    reason: 'Lemon',
    message: `this node or its machine was repaired ${repairs.length} times in ${formatDuration(perNodeWindowMs)}; from ${perNode} on a person should look at it`,
    have: { repairs: repairs.length },
    need: { repairsBelow: perNode },
    changesAt,
  })
}

function instanceId({ instance, repair }: Candidate): string | undefined {
  const located = instance?.located
  return located !== undefined && 'found' in located ? located.found.id : repair?.spec.instance?.id
}

function finite(at: Millis): Millis | undefined {
  return Number.isFinite(at) ? at : undefined
}
