import { type Answers, withAnswer } from './answers.ts'
import { behindFirst } from './gates/limits/correlated-cause.ts'
import { afterStart, goesBefore, oneAtATime } from './gates/limits/in-flight.ts'
import { actsLeft, budgetSpent } from './gates/limits/rate.ts'
import type { GateResult } from './model/view.ts'
import { countBudget } from './round/budget.ts'
import type { Candidate } from './round/candidate.ts'
import { oncePer } from './round/gate.ts'
import type { Round } from './round/round.ts'
import { onlyParks, startsMachine } from './round/round.ts'

interface Judged {
  readonly subject: Candidate
  readonly index: number
}

/**
 * Each subject was judged as if it were the only one; here those that pass are judged together. One new repair opens,
 * and no more open repairs go on to an act than the budget has left. Slots go by quorum, failing-since, UID.
 */
export function allocateSlots(round: Round, answers: Answers[]): void {
  const eligible: Judged[] = []
  round.subjects.forEach((subject, index) => {
    if (answers[index]?.kind === 'repair') eligible.push({ subject, index })
  })
  if (eligible.length < 2) return
  eligible.sort(bySlotOrder)
  const insteadOf = oncePer((result: GateResult) =>
    oncePer((before: Answers) => withAnswer(before, result, round.view.now)),
  )
  /** False when that gate was not asked at all. */
  const replace = (index: number, result: GateResult): boolean => {
    const before = answers[index]
    const after = before === undefined ? undefined : insteadOf(result)(before)
    if (after !== undefined) answers[index] = after
    return after !== undefined
  }
  const [first, ...others] = eligible.filter(({ subject }) => subject.repair === undefined)
  if (first !== undefined) {
    const canaryOf = behindFirst(round, first.subject)
    const next = oneAtATime(round, first.subject)
    for (const { subject, index } of others) {
      const canary = startsMachine(subject) ? undefined : canaryOf(subject)
      if (canary === undefined || !replace(index, canary)) replace(index, next)
    }
  }
  for (const [index, other] of startsAfter(eligible)) replace(index, afterStart(other))
  const acting = eligible.filter(
    ({ subject }) => subject.repair !== undefined && !onlyParks(subject) && !startsMachine(subject),
  )
  if (acting.length === 0) return
  const budget = countBudget(round.view, round.policy)
  const left = actsLeft(round, budget)
  if (acting.length <= left) return
  const spent = budgetSpent(round, budget, left)
  for (const { index } of acting.slice(left)) replace(index, spent)
}

/** Of the machines that would be started now, in slot order, which ones wait for which other. */
function startsAfter(eligible: readonly Judged[]): ReadonlyMap<number, string> {
  const chosen: Candidate[] = []
  const waits = new Map<number, string>()
  for (const { subject, index } of eligible) {
    if (subject.repair === undefined || !startsMachine(subject)) continue
    const first = chosen.find(({ node }) => goesBefore(node, subject.node))
    if (first === undefined) chosen.push(subject)
    else waits.set(index, first.node.name)
  }
  return waits
}

function bySlotOrder({ subject: a }: Judged, { subject: b }: Judged): number {
  const [keepsA, keepsB] = [a.node.quorum.length > 0, b.node.quorum.length > 0]
  if (keepsA !== keepsB) return keepsA ? -1 : 1
  const since = (a.failingSince ?? Number.POSITIVE_INFINITY) - (b.failingSince ?? Number.POSITIVE_INFINITY)
  if (since !== 0 && !Number.isNaN(since)) return since
  if (a.node.uid !== b.node.uid) return a.node.uid < b.node.uid ? -1 : 1
  return a.node.name < b.node.name ? -1 : 1
}
