import { createAsk, earlier } from './answers.ts'
import { allocateSlots } from './arbitrate.ts'
import { GATES } from './gates/all.ts'
import type { Policy } from './model/policy.ts'
import type { Millis } from './model/primitives.ts'
import type { Decision, Verdict, View } from './model/view.ts'
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
export function decideFor(round: Round, asked: readonly Gate[] = GATES): Decision {
  const { subjects, view } = round
  const tests = asked.map((gate) => gate.begin(round))
  const answers = subjects.map(createAsk(tests, view.now))
  allocateSlots(round, answers)

  const verdicts = new Map<string, Verdict>()
  let soonest: Millis | undefined
  subjects.forEach((subject, index) => {
    const answer = answers[index]
    if (answer === undefined) return
    const { kind, gates, wakeAt } = answer
    const node = subject.node.name
    verdicts.set(node, { node, kind, gates, rung: rungName(subject), repair: subject.repair?.name, wakeAt })
    soonest = earlier(soonest, wakeAt)
  })
  return { verdicts, wakeAt: soonest }
}
