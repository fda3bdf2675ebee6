import { type Answers, createAsk, earlier } from './answers.ts'
import { allocateSlots } from './arbitrate.ts'
import { GATES } from './gates/all.ts'
import type { Policy } from './model/policy.ts'
import type { Millis } from './model/primitives.ts'
import type { Decision, Verdict, View } from './model/view.ts'
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
export function decideFor(round: Round, asked: readonly Gate[] = GATES): Decision {
  const { subjects, view } = round
  const tests = asked.map((gate) => gate.begin(round))
  const ask = createAsk(tests, view.now)
  const verdicts = new Map<string, Verdict>()
  // Each verdict at once, while its subject is at hand, and anew for the few that slots then decide otherwise about.
  const alone = subjects.map((subject) => {
    const answers = ask(subject)
    verdicts.set(subject.node.name, toVerdict(subject, answers))
    return answers
  })
  const answers = [...alone]
  allocateSlots(round, answers)
  let soonest: Millis | undefined
  answers.forEach((answer, index) => {
    soonest = earlier(soonest, answer.wakeAt)
    const subject = answer === alone[index] ? undefined : subjects[index]
    if (subject !== undefined) verdicts.set(subject.node.name, toVerdict(subject, answer))
  })
  return { verdicts, wakeAt: soonest }
}

function toVerdict(subject: Candidate, { kind, gates, wakeAt }: Answers): Verdict {
  const { node, repair } = subject
  return { node: node.name, kind, gates, rung: rungName(subject), repair: repair?.name, wakeAt }
}
