import type { Effect } from '../../core/model/effects.ts'
import type { NodeRepair } from '../../core/model/node-repair.ts'
import { phaseOf } from '../../core/model/node-repair.ts'
import { refsOf } from '../../core/model/object-ref.ts'
import { needsCordon } from '../../core/repair/node-marks.ts'
import { asError } from '../../lib/errors.ts'
import { startAttempt } from './start-attempt.ts'
import { abandonRung, nextStep, recoverStep } from './step.ts'
import { type TermContext, tellOf } from './term-context.ts'

const DRAIN_PAUSE_MS = 5_000
const TRIES_TO_KEEP = 3

/** Does the one effect that `advance` asked for. */
export async function runEffect(context: TermContext, repair: NodeRepair, effect: Effect): Promise<void> {
  const { term, records } = context
  switch (effect.do) {
    case 'write': {
      const stored = await records.save(repair, effect.status, term.signal)
      tellOf(context, stored, effect.said, { fields: { phase: phaseOf(stored) } })
      return
    }
    case 'issue':
      return startAttempt(context, repair, effect)
    case 'step':
      return nextStep(context, repair, effect)
    case 'recover':
      return recoverStep(context, repair, effect)
    case 'abandon':
      return abandonRung(context, repair, effect)
    case 'drain':
      return drainPass(context, repair)
    case 'delete-node':
      await context.nodeApi.delete(effect.node, effect.uid, term.signal)
      context.tell({
        level: 'info',
        reason: 'OldNodeDeleted',
        message: `${effect.node} is replaced and its old Node object deleted`,
        regarding: refsOf(effect.node, repair.name),
      })
      return
    case 'keep':
      return keep(context, repair, effect)
    case 'release':
      await records.setFinalizer(repair, false, term.signal)
  }
}

/** A person's deletion must not hang where nothing can be created any more, as while the CRD itself is being deleted. */
async function keep(context: TermContext, repair: NodeRepair, effect: Effect & { do: 'keep' }): Promise<void> {
  const { term, records } = context
  try {
    const known = context.view().repairs.get(effect.name)
    const kept = known ?? (await records.open(effect.name, repair.spec, term.signal))
    tellOf(context, await records.save(kept, effect.status, term.signal), effect.said)
  } catch (thrown) {
    term.signal.throwIfAborted()
    if (context.slots.of(repair).failures < TRIES_TO_KEEP) throw thrown
    const message = `${repair.name} is let go, and what it has done is forgotten: ${asError(thrown).message}`
    tellOf(context, repair, { level: 'warn', reason: 'WithdrawnForgotten', message })
    await records.setFinalizer(repair, false, term.signal)
  }
}

async function drainPass(context: TermContext, repair: NodeRepair): Promise<void> {
  const { term, nodes, nodeApi, clock } = context
  const slot = context.slots.of(repair)
  const facts = nodes.items.get(repair.spec.nodeName)
  if (facts === undefined) return
  if (needsCordon(repair, facts)) {
    nodes.applyWrite(facts.name, await nodeApi.mark(facts, repair.name, { cordon: true }, term.signal))
  }
  const pass = await nodeApi.drainPass(facts.name, term.signal)
  slot.timer = { ...slot.timer, drain: pass, nextStepAt: clock.now() + DRAIN_PAUSE_MS }
}
