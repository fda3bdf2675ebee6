import { allocateSlots } from './arbitrate.ts'
import { GATES } from './gates/all.ts'
import { TOO_YOUNG } from './gates/evidence/startup-grace.ts'
import { UNREADABLE } from './gates/evidence/unhealthy-for.ts'
import type { Policy } from './model/policy.ts'
import type { Millis } from './model/primitives.ts'
import type { Decision, GateResult, Verdict, View } from './model/view.ts'
import type { Candidate } from './round/candidate.ts'
import type { Gate } from './round/gate.ts'
import type { Round } from './round/round.ts'
import { beginRound, rungName } from './round/round.ts'

/**
 * Says what to do about every suspect and every open repair, given one picture and one policy. Pure: no clock, no
 * network, the same answer to the same question. Every gate is asked about every suspect, so that a person sees all that
 * stands in the way, and at most one new repair opens per call: the next call counts it.
 *
 * A first verdict `repair` opens the NodeRepair; the first act needs a second one that has seen it.
 */
export function decide(view: View, policy: Policy, gates: readonly Gate[] = GATES): Decision {
  return decideFor(beginRound(view, policy), gates)
}

/**
 * `decide` for a round that may ask about one node: that node is judged even when it is well, and its gates give numbers
 * even when they pass.
 */
export function decideFor(round: Round, gates: readonly Gate[] = GATES): Decision {
  const tests = gates.map((gate) => gate.begin(round))
  const { subjects } = round
  let last: readonly GateResult[] = []
  const results = subjects.map((subject) => {
    // Nodes of a fleet fail alike: when every answer is the same object as before, the list is shared, too.
    last = askAll(tests, subject, last)
    return last
  })
  allocateSlots(round, results)

  const verdicts = new Map<string, Verdict>()
  let wakeAt: Millis | undefined
  subjects.forEach((subject, index) => {
    const verdict = toVerdict(subject, results[index] ?? [], round.view.now)
    verdicts.set(verdict.node, verdict)
    wakeAt = earlier(wakeAt, verdict.wakeAt)
  })
  return { verdicts, wakeAt }
}

function askAll(
  tests: readonly ((subject: Candidate) => GateResult)[],
  subject: Candidate,
  before: readonly GateResult[],
): readonly GateResult[] {
  let differs: GateResult[] | undefined
  for (let index = 0; index < tests.length; index++) {
    const result = tests[index]?.(subject)
    if (result === undefined || (differs === undefined && result === before[index])) continue
    differs ??= before.slice()
    differs[index] = result
  }
  return differs ?? before
}

function toVerdict(subject: Candidate, gates: readonly GateResult[], now: Millis): Verdict {
  let passes = true
  let due = true
  let underWay = false
  let wakeAt: Millis | undefined
  for (const { gate, pass, reason, changesAt } of gates) {
    if (pass) continue
    passes = false
    if (reason === TOO_YOUNG || (gate === 'UnhealthyFor' && reason !== UNREADABLE)) due = false
    // A repair that acts, proves or is parked, or whose Node is gone, is nothing to watch for becoming due.
    if (gate === 'AlreadyInRepair' || (gate === 'Identity' && reason === 'NodeGone')) underWay = true
    if (changesAt !== undefined && changesAt > now) wakeAt = earlier(wakeAt, changesAt)
  }
  return {
    node: subject.node.name,
    kind: passes ? 'repair' : due || underWay ? 'hold' : 'watch',
    gates,
    rung: rungName(subject),
    repair: subject.repair?.name,
    wakeAt,
  }
}

function earlier(a: Millis | undefined, b: Millis | undefined): Millis | undefined {
  return a === undefined || (b !== undefined && b < a) ? b : a
}
