import type { Effect } from '../../core/model/effects.ts'
import type { InstanceRef } from '../../core/model/instance.ts'
import type { NodeRepair } from '../../core/model/node-repair.ts'
import { REPAIR_FINALIZER, runningAttempt } from '../../core/model/node-repair.ts'
import { refsOf } from '../../core/model/object-ref.ts'
import type { RungPolicy } from '../../core/model/policy.ts'
import { actOf, type Batch, batchKeyOf, type Member, newBatch } from '../../core/repair/batch.ts'
import { newTimer } from '../../core/repair/repair-timers.ts'
import { issuedMessage, issuedStatus, lookTwice } from '../../core/second-look.ts'
import { together } from './batch.ts'
import { fencedStep } from './step.ts'
import { type TermContext, tellOf } from './term-context.ts'

/** Begins an attempt: look again without the cache, decide again, mark, write the intent, fence, act. */
export async function startAttempt(
  context: TermContext,
  before: NodeRepair,
  effect: Effect & { do: 'issue' },
): Promise<void> {
  const { repairs } = context.view()
  const due = [before, ...(effect.with ?? []).flatMap((name) => repairs.get(name) ?? [])]
  await together(context, before, due, async () => {
    const members = await context.slots.inTurn(() => intendAll(context, due, effect.rung))
    if (members.length > 0) await fencedStep(context, actOf(members), undefined)
  })
}

/** All intents stand before the one step that they are for. Whoever the second look says no to is left out. */
async function intendAll(
  context: TermContext,
  due: readonly NodeRepair[],
  rung: RungPolicy,
): Promise<readonly Member[]> {
  const { term, records } = context
  await Promise.all(due.map(({ spec }) => context.lookAgain(spec.nodeName, term.signal)))
  await records.refresh(term.signal)
  const [first, second] = due
  const key = first === undefined ? undefined : batchKeyOf(first.spec.nodeName, rung.rung, context.view())
  const batch = second === undefined || first === undefined || key === undefined ? undefined : newBatch(first, key)
  const members: Member[] = []
  for (const before of batch === undefined ? due.slice(0, 1) : due) {
    const repair = await intend(context, before, rung, batch)
    const attempt = repair === undefined ? undefined : runningAttempt(repair)
    if (repair !== undefined && attempt !== undefined) members.push({ repair, attempt })
  }
  return members
}

/** Everything up to the stored intent; undefined when the second look says no. */
async function intend(
  context: TermContext,
  before: NodeRepair,
  rung: RungPolicy,
  batch: Batch | undefined,
): Promise<NodeRepair | undefined> {
  const { term, records } = context
  const view = context.view()
  const look = lookTwice(before, { rung, batch }, view, context.policy())
  if ('no' in look) {
    const { said, notBefore } = look
    if (notBefore !== undefined) context.slots.of(before).notBefore = notBefore
    if (said !== undefined) context.tell({ ...said, regarding: refsOf(before.spec.nodeName, before.name) })
    return undefined
  }
  const { yes: intent } = look
  const { repair, node, cordon } = intent
  if (rung.rung === 'replace') await captureEvidence(context, repair, intent.attempt.order.instance)
  const marked = await context.nodeApi.mark(node, repair.name, { cordon }, term.signal)
  context.nodes.applyWrite(node.name, marked)
  const held = repair.finalizers.includes(REPAIR_FINALIZER)
    ? repair
    : await records.setFinalizer(repair, true, term.signal)
  if (held === undefined || held.deleting) return undefined
  const stored = await records.save(held, issuedStatus(intent, held, marked, view), term.signal)
  const slot = context.slots.of(stored)
  slot.cursor = undefined
  slot.gatherUntil = undefined
  slot.timer = newTimer(stored)
  tellOf(context, stored, issuedMessage(intent))
  return stored
}

async function captureEvidence(context: TermContext, repair: NodeRepair, instance: InstanceRef): Promise<void> {
  const evidence = await context.provider.capture?.(instance, context.term.signal).catch(() => undefined)
  context.term.signal.throwIfAborted()
  if (evidence === undefined) return
  tellOf(
    context,
    repair,
    { level: 'info', reason: 'EvidenceCaptured', message: evidence.summary },
    { fields: { console: evidence.console ?? null } },
  )
}
