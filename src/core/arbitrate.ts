import { countBudget } from './budget.ts'
import { waitsForFirst } from './gates/correlated-cause.ts'
import { oneAtATime } from './gates/in-flight.ts'
import { actsLeft, budgetSpent } from './gates/rate.ts'
import { onlyParks, type Round, type Subject } from './round.ts'
import type { GateResult } from './view.ts'

interface Judged {
  readonly subject: Subject
  results: GateResult[]
}

/**
 * Each subject was judged as if it were the only one; here those that pass are judged together. One new repair opens,
 * and no more open repairs go on to an act than the budget has left. Slots go by role, failing-since, UID.
 */
export function settleTogether(round: Round, judged: readonly Judged[]): void {
  const eligible = judged.filter(({ results }) => results.every(({ pass }) => pass))
  if (eligible.length < 2) return
  eligible.sort(bySlotOrder)
  const opening = eligible.filter(({ subject }) => subject.repair === undefined)
  const [first, ...others] = opening
  if (first !== undefined) {
    for (const other of others) {
      const canary = waitsForFirst(round, first.subject, other.subject)
      if (canary === undefined || !replace(other, canary)) replace(other, oneAtATime(round, first.subject))
    }
  }
  const acting = eligible.filter(({ subject }) => subject.repair !== undefined && !onlyParks(subject))
  const left = actsLeft(round)
  if (acting.length <= left) return
  const spent = budgetSpent(round, countBudget(round.view, round.policy), left)
  for (const late of acting.slice(left)) replace(late, spent)
}

function bySlotOrder({ subject: a }: Judged, { subject: b }: Judged): number {
  if (a.node.role !== b.node.role) return a.node.role === 'master' ? -1 : 1
  const since = (a.failingSince ?? Number.POSITIVE_INFINITY) - (b.failingSince ?? Number.POSITIVE_INFINITY)
  if (since !== 0 && !Number.isNaN(since)) return since
  if (a.node.uid !== b.node.uid) return a.node.uid < b.node.uid ? -1 : 1
  return a.node.name < b.node.name ? -1 : 1
}

/** False when that gate was not asked at all. */
function replace(judged: Judged, result: GateResult): boolean {
  const at = judged.results.findIndex(({ gate }) => gate === result.gate)
  if (at >= 0) judged.results = judged.results.with(at, result)
  return at >= 0
}
