import { readMarks } from '../../core/annotations/marks.ts'
import { decide } from '../../core/decide.ts'
import type { Effect } from '../../core/model/effects.ts'
import type { InstanceRef } from '../../core/model/instance.ts'
import type { NodeFacts } from '../../core/model/node.ts'
import type { Attempt, NodeRepair, NodeRepairStatus } from '../../core/model/node-repair.ts'
import { lastAttempt, REPAIR_FINALIZER, runningAttempt } from '../../core/model/node-repair.ts'
import { refsOf } from '../../core/model/object-ref.ts'
import type { Order } from '../../core/model/order.ts'
import type { RungPolicy } from '../../core/model/policy.ts'
import type { View } from '../../core/model/view.ts'
import { actOf, type Batch, batchKeyOf, type Member, newBatch, orderKey } from '../../core/repair/batch.ts'
import { nextRung } from '../../core/repair/ladder.ts'
import { lockedBy } from '../../core/repair/lock.ts'
import { LOCKED_MS } from '../../core/repair/phases/advance-all.ts'
import { newTimer } from '../../core/repair/repair-timers.ts'
import { statusOf, toPhase } from '../../core/repair/status.ts'
import { rfc3339 } from '../../lib/pure/rfc3339.ts'
import { together } from './batch.ts'
import { isLiftedByPerson } from './release-marks.ts'
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
  const node = before.spec.nodeName
  const view = context.view()
  const repair = view.repairs.get(before.name)
  const facts = view.nodes.get(node)
  if (repair?.uid !== before.uid || facts === undefined || repair.deleting) return undefined
  if (runningAttempt(repair) !== undefined || !agrees(context, repair, rung, view)) return undefined
  const instance = instanceOf(repair, view)
  if (instance === undefined) return undefined
  if (batch !== undefined && batchKeyOf(node, rung.rung, view) !== batch.key) return undefined
  if (lockedBy(repair, rung, view, batch) !== undefined) {
    context.slots.of(repair).notBefore = context.clock.now() + LOCKED_MS
    return undefined
  }
  if (rung.rung === 'replace') await captureEvidence(context, repair, instance)
  const attempt = newAttempt(repair, rung, instance, facts, view, batch)
  const cordon = await markNode(context, repair, facts)
  const held = repair.finalizers.includes(REPAIR_FINALIZER)
    ? repair
    : await records.setFinalizer(repair, true, term.signal)
  if (held === undefined || held.deleting) return undefined
  const time = { now: view.now, calendar: view.calendar, maxNotSent: context.policy().maxNotSent }
  const role = context.policy().roles[repair.spec.role]
  const drained = drainedBefore(rung, repair, view)
  const stored = await records.save(
    held,
    toPhase(held, view, 'Acting', {
      rung: rung.rung,
      attempts: [...statusOf(repair, view).attempts, attempt],
      skipped: nextRung(repair, view.instances.get(node), role, time).skipped,
      cordon,
      drained,
      nodeUID: facts.uid,
    }),
    term.signal,
  )
  const slot = context.slots.of(stored)
  slot.cursor = undefined
  slot.gatherUntil = undefined
  slot.timer = newTimer(stored)
  tellOf(context, stored, {
    level: 'info',
    reason: 'RungIssued',
    message: `${rung.rung} of ${node} (${instance.name || instance.id})${drained === 'DrainSkipped' ? '; not drained: its kubelet is silent' : ''}`,
  })
  return stored
}

/** The second look: every gate once more, on what has just been read. */
function agrees(context: TermContext, repair: NodeRepair, rung: RungPolicy, view: View): boolean {
  const node = repair.spec.nodeName
  const verdict = decide(view, context.policy()).verdicts.get(node)
  const sees = view.sight.blindSince === undefined && !view.switches.dryRun
  if (sees && verdict?.kind === 'repair' && verdict.rung === rung.rung) return true
  const why = verdict?.gates.filter((gate) => !gate.pass).map((gate) => gate.message)
  context.tell({
    level: 'info',
    reason: 'SecondLookDisagrees',
    message: `${node}: ${why?.join('; ') || 'no longer failing'}`,
    regarding: refsOf(node, repair.name),
  })
  return false
}

function newAttempt(
  repair: NodeRepair,
  { rung }: RungPolicy,
  instance: InstanceRef,
  facts: NodeFacts,
  view: View,
  batch: Batch | undefined,
): Attempt {
  const id = (lastAttempt(repair)?.id ?? 0) + 1
  const order: Order = {
    rung,
    repair: repair.name,
    nodeName: facts.name,
    nodeUID: facts.uid,
    instance,
    bootID: facts.bootID,
    bootMark: view.instances.get(facts.name)?.state?.bootMark,
    key: orderKey(repair, id, batch),
  }
  return { id, rung, state: 'Issued', order, issuedAt: rfc3339(view.calendar) }
}

/** A drain that is asked for and was not made was skipped. */
function drainedBefore(rung: RungPolicy, repair: NodeRepair, view: View): NodeRepairStatus['drained'] {
  if (rung.drainMs === 0) return undefined
  const { rung: last, drained } = statusOf(repair, view)
  return (last === rung.rung ? drained : undefined) ?? 'DrainSkipped'
}

/** Marks the node, and says whose its cordon is then. */
async function markNode(
  context: TermContext,
  repair: NodeRepair,
  facts: NodeFacts,
): Promise<NodeRepairStatus['cordon']> {
  const lifted = isLiftedByPerson(repair, facts)
  const marked = await context.nodeApi.mark(facts, repair.name, { cordon: !lifted }, context.term.signal)
  context.nodes.applyWrite(facts.name, marked)
  if (lifted) return 'lifted-by-person'
  return readMarks(marked)?.cordon === true ? 'ours' : undefined
}

function instanceOf(repair: NodeRepair, view: View): InstanceRef | undefined {
  const located = view.instances.get(repair.spec.nodeName)?.located
  if (located === undefined) return undefined
  if ('found' in located) return located.found
  return 'gone' in located ? (repair.spec.instance ?? located.state?.ref) : undefined
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
