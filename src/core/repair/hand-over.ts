import type { Decision, View } from '../model/view.ts'

/** Nothing but that the leader itself runs on it keeps its own node from its repair, and another replica could lead. */
export function needsOtherLeader(view: View, decision: Decision): boolean {
  const verdict = view.ownNode === undefined ? undefined : decision.verdicts.get(view.ownNode)
  const failing = verdict?.gates.filter((gate) => !gate.pass) ?? []
  return view.takerPresent && failing.length === 1 && failing[0]?.gate === 'OwnNode'
}
