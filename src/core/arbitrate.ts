import { behindFirst } from './gates/limits/correlated-cause.ts'
import { oneAtATime } from './gates/limits/in-flight.ts'
import { actsLeft, budgetSpent } from './gates/limits/rate.ts'
import type { GateResult } from './model/view.ts'
import { countBudget } from './round/budget.ts'
import type { Candidate } from './round/candidate.ts'
import type { Round } from './round/round.ts'
import { onlyParks } from './round/round.ts'

interface Judged {
  readonly subject: Candidate
  readonly index: number
}

/**
 * Each subject was judged as if it were the only one; here those that pass are judged together. One new repair opens,
 * and no more open repairs go on to an act than the budget has left. Slots go by role, failing-since, UID.
 */
export function allocateSlots(round: Round, results: (readonly GateResult[])[]): void {
  const eligible: Judged[] = []
  round.subjects.forEach((subject, index) => {
    if (results[index]?.every(({ pass }) => pass)) eligible.push({ subject, index })
  })
  if (eligible.length < 2) return
  eligible.sort(bySlotOrder)
  const [first, ...others] = eligible.filter(({ subject }) => subject.repair === undefined)
  if (first !== undefined) {
    const canaryOf = behindFirst(round, first.subject)
    const next = oneAtATime(round, first.subject)
    for (const { subject, index } of others) {
      const canary = canaryOf(subject)
      if (canary === undefined || !replace(results, index, canary)) replace(results, index, next)
    }
  }
  const acting = eligible.filter(({ subject }) => subject.repair !== undefined && !onlyParks(subject))
  const left = actsLeft(round)
  if (acting.length <= left) return
  const spent = budgetSpent(round, countBudget(round.view, round.policy), left)
  for (const { index } of acting.slice(left)) replace(results, index, spent)
}

function bySlotOrder({ subject: a }: Judged, { subject: b }: Judged): number {
  if (a.node.role !== b.node.role) return a.node.role === 'master' ? -1 : 1
  const since = (a.failingSince ?? Number.POSITIVE_INFINITY) - (b.failingSince ?? Number.POSITIVE_INFINITY)
  if (since !== 0 && !Number.isNaN(since)) return since
  if (a.node.uid !== b.node.uid) return a.node.uid < b.node.uid ? -1 : 1
  return a.node.name < b.node.name ? -1 : 1
}

/** False when that gate was not asked at all. */
function replace(results: (readonly GateResult[])[], index: number, result: GateResult): boolean {
  const before = results[index] ?? []
  const at = before.findIndex(({ gate }) => gate === result.gate)
  if (at >= 0) results[index] = before.with(at, result)
  return at >= 0
}
