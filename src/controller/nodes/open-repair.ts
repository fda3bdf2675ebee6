import { statusAt } from '../../core/evidence/node-health.ts'
import type { NodeRepair, NodeRepairSpec } from '../../core/model/node-repair.ts'
import { repairName } from '../../core/model/repair-name.ts'
import type { View } from '../../core/model/view.ts'
import { rfc3339 } from '../../lib/pure/rfc3339.ts'
import { type TermContext, tellOf } from './term-context.ts'

/** The record of a new incident, before anything is done about it. */
export function specOf(node: string, view: View, provider: string, policyHash: string): NodeRepairSpec | undefined {
  const facts = view.nodes.get(node)
  const suspicion = view.suspicions.get(node)
  if (facts === undefined || suspicion === undefined) return undefined
  const located = view.instances.get(node)?.located
  const evidence = suspicion.clocks
    .filter((clock) => clock.failingSince !== undefined && statusAt(clock.finding, view.now) === 'fail')
    .map(({ check, finding, failingSince }) => ({
      check: check.name,
      plane: finding.plane ?? check.plane,
      symptom: finding.symptom ?? check.symptom,
      reason: finding.reason,
      message: finding.message?.slice(0, 256),
      failingForSeconds: Math.max(0, Math.round((view.now - (failingSince ?? view.now)) / 1_000)),
    }))
  return {
    nodeName: node,
    nodeUID: facts.uid,
    instance: located !== undefined && 'found' in located ? located.found : undefined,
    provider,
    role: facts.role,
    pool: facts.pool,
    zone: facts.zone,
    evidence,
    policyHash,
    epoch: 0,
  }
}

export async function openRepair(context: TermContext, node: string, view: View): Promise<void> {
  const spec = specOf(node, view, context.provider.name, context.policy().hash)
  if (spec === undefined) return
  const repair = await context.records.open(
    repairName(node, spec.nodeUID, [...view.repairs.keys()]),
    spec,
    context.term.signal,
  )
  const causes = spec.evidence.map((one) => `${one.check}: ${one.reason} for ${one.failingForSeconds}s`).join(', ')
  tellOf(context, repair, { level: 'info', reason: 'RepairOpened', message: `${node} is to be repaired: ${causes}` })
}

/** Dry-run's stand-in for a repair: lives in memory, takes a slot and a place in the budgets, and is never written. */
export function dryRunRepair(node: string, view: View, provider: string, policyHash: string): NodeRepair | undefined {
  const spec = specOf(node, view, provider, policyHash)
  if (spec === undefined) return undefined
  return {
    name: `dry-run/${node}`,
    uid: '',
    resourceVersion: '0',
    createdAt: view.calendar,
    deleting: false,
    finalizers: [],
    annotations: {},
    spec,
    status: {
      phase: 'Verifying',
      epoch: 0,
      reason: 'DryRun',
      attempts: [],
      skipped: [],
      holds: [],
      nodeUID: spec.nodeUID,
      startedAt: rfc3339(view.calendar),
    },
  }
}
