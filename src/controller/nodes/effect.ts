import type { Effect } from '../../core/model/effects.ts'
import type { NodeRepair } from '../../core/model/node-repair.ts'
import { phaseOf } from '../../core/model/node-repair.ts'
import { refsOf } from '../../core/model/object-ref.ts'
import { type Hands, tellOf } from './hands.ts'
import { issue } from './issue.ts'
import { abandonRung, nextStep, recoverStep } from './step.ts'
import { isLiftedByPerson } from './undo.ts'

const DRAIN_PAUSE_MS = 5_000

/** Does the one effect that `advance` asked for. */
export async function runEffect(hands: Hands, repair: NodeRepair, effect: Effect): Promise<void> {
  const { term, records } = hands
  switch (effect.do) {
    case 'write': {
      const stored = await records.save(repair, effect.status, term.signal)
      tellOf(hands, stored, effect.said, { fields: { phase: phaseOf(stored) } })
      return
    }
    case 'issue':
      return issue(hands, repair, effect)
    case 'step':
      return nextStep(hands, repair, effect)
    case 'recover':
      return recoverStep(hands, repair, effect)
    case 'abandon':
      return abandonRung(hands, repair, effect)
    case 'drain':
      return drainPass(hands, repair)
    case 'delete-node':
      await hands.nodeApi.delete(effect.node, effect.uid, term.signal)
      hands.tell({
        level: 'info',
        reason: 'OldNodeDeleted',
        message: `${effect.node} is replaced and its old Node object deleted`,
        regarding: refsOf(effect.node, repair.name),
      })
      return
    case 'release':
      await records.setFinalizer(repair, false, term.signal)
  }
}

async function drainPass(hands: Hands, repair: NodeRepair): Promise<void> {
  const { term, nodes, nodeApi, clock } = hands
  const lane = hands.lanes.of(repair)
  const facts = nodes.items.get(repair.spec.nodeName)
  if (facts === undefined) return
  if (!facts.unschedulable && !isLiftedByPerson(repair, facts)) {
    nodes.applyWrite(facts.name, await nodeApi.mark(facts, repair.name, { cordon: true }, term.signal))
  }
  const pass = await nodeApi.drainPass(facts.name, term.signal)
  lane.timer = { ...lane.timer, drain: pass, nextStepAt: clock.now() + DRAIN_PAUSE_MS }
}
