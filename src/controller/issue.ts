import { decide } from '../core/decide.ts'
import type { Attempt, NodeRepair } from '../core/node-repair.ts'
import { isOpen, lastAttempt, phaseOf, REPAIR_FINALIZER, runningAttempt } from '../core/node-repair.ts'
import type { RungPolicy } from '../core/policy.ts'
import { statusOf, toPhase } from '../core/status.ts'
import type { InstanceRef, Order } from '../core/types.ts'
import type { View } from '../core/view.ts'
import { rfc3339 } from '../lib/pure/rfc3339.ts'
import { type Hands, tellOf } from './hands.ts'
import { fencedStep } from './step.ts'

/** Begins an attempt: look again without the cache, decide again, mark, write the intent, fence, act. */
export async function issue(hands: Hands, before: NodeRepair, rung: RungPolicy): Promise<void> {
  const { term, records, nodeApi } = hands
  const node = before.spec.nodeName
  await hands.lookAgain(node, term.signal)
  await records.refresh(term.signal)
  const view = hands.view()
  const repair = view.repairs.get(before.name)
  const facts = view.nodes.get(node)
  if (repair === undefined || facts === undefined || repair.deleting || runningAttempt(repair) !== undefined) return
  const verdict = decide(view, hands.policy()).verdicts.get(node)
  if (verdict?.kind !== 'repair' || verdict.rung !== rung.rung) {
    const why = verdict?.gates.filter((gate) => !gate.pass).map((gate) => gate.message)
    hands.tell({
      level: 'info',
      reason: 'SecondLookDisagrees',
      message: `${node}: ${why?.join('; ') || 'no longer failing'}`,
      node,
      repair: repair.name,
    })
    return
  }
  const instance = instanceOf(repair, view)
  if (instance === undefined || isLocked(repair, rung, view)) return
  const status = statusOf(repair, view)
  const id = (lastAttempt(repair)?.id ?? 0) + 1
  const order: Order = {
    rung: rung.rung,
    repair: repair.name,
    nodeName: node,
    nodeUID: facts.uid,
    instance,
    bootID: facts.bootID,
    bootMark: view.instances.get(node)?.state?.bootMark,
    key: `${repair.name}/${id}`,
  }
  if (rung.rung === 'replace') await captureEvidence(hands, repair, instance)
  const cordon = status.cordon !== 'lifted-by-person'
  const marked = await nodeApi.mark(facts, repair.name, { cordon }, term.signal)
  hands.nodes.fold(node, marked)
  const held = repair.finalizers.includes(REPAIR_FINALIZER)
    ? repair
    : await records.setFinalizer(repair, true, term.signal)
  if (held === undefined || held.deleting) return
  const attempt: Attempt = { id, rung: rung.rung, state: 'Issued', order, issuedAt: rfc3339(view.calendar) }
  const stored = await records.save(
    held,
    toPhase(held, view, 'Acting', {
      rung: rung.rung,
      attempts: [...status.attempts, attempt],
      cordon: cordon ? 'ours' : status.cordon,
      nodeUID: facts.uid,
    }),
    term.signal,
  )
  const lane = hands.lanes.of(stored)
  lane.cursor = undefined
  lane.timer = { ...lane.timer, nextStepAt: 0 }
  tellOf(hands, stored, {
    level: 'info',
    reason: 'RungIssued',
    message: `${rung.rung} of ${node} (${instance.name || instance.id})`,
  })
  await fencedStep(hands, stored, attempt, undefined)
}

function instanceOf(repair: NodeRepair, view: View): InstanceRef | undefined {
  const located = view.instances.get(repair.spec.nodeName)?.located
  if (located === undefined) return undefined
  if ('found' in located) return located.found
  return 'gone' in located ? repair.spec.instance : undefined
}

/** Orders with the same lock key are never in flight together. */
function isLocked(repair: NodeRepair, rung: RungPolicy, view: View): boolean {
  const keyOf = (node: string, name: string): string | undefined =>
    view.instances.get(node)?.plans.find((plan) => plan.rung === name)?.lockKey
  const key = keyOf(repair.spec.nodeName, rung.rung)
  if (key === undefined) return true
  for (const other of view.repairs.values()) {
    if (other.name === repair.name || !isOpen(other) || phaseOf(other) !== 'Acting') continue
    if (keyOf(other.spec.nodeName, other.status?.rung ?? '') === key) return true
  }
  return false
}

async function captureEvidence(hands: Hands, repair: NodeRepair, instance: InstanceRef): Promise<void> {
  const evidence = await hands.provider.capture?.(instance, hands.term.signal).catch(() => undefined)
  hands.term.signal.throwIfAborted()
  if (evidence === undefined) return
  tellOf(
    hands,
    repair,
    { level: 'info', reason: 'EvidenceCaptured', message: evidence.summary },
    {
      fields: { console: evidence.console ?? null },
    },
  )
}
