import { rfc3339 } from '../../lib/pure/rfc3339.ts'
import { describeRequest } from '../annotations/request.ts'
import { sayFinding } from '../evidence/flapping.ts'
import { statusAt } from '../evidence/node-health.ts'
import type { Announcement } from '../model/effects.ts'
import { isOpen, type NodeRepair, type NodeRepairSpec } from '../model/node-repair.ts'
import { repairName } from '../model/repair-name.ts'
import type { Verdict, View } from '../model/view.ts'
import { say } from './status.ts'

export interface NewRepair {
  readonly name: string
  readonly spec: NodeRepairSpec
  readonly said: Announcement
}

/** What is common to all repairs that are opened now. */
export interface Opener {
  /** The cloud's name. */
  readonly provider: string
  readonly policyHash: string
}

/** A repair is opened for a node that every gate lets pass and that has none yet. */
export function wantsRepair({ kind, repair }: Verdict): boolean {
  return kind === 'repair' && repair === undefined
}

/** For the node's next repair: a name that no repair in the cluster has, whichever heald's it is. */
export function freeName(node: string, uid: string, { repairs, installation }: View): string {
  return repairName(node, uid, [...repairs.keys(), ...installation.others.keys()])
}

/** The record of a new incident, before anything is done about it. Undefined: nothing is known of the node any more. */
export function newRepair(node: string, view: View, opener: Opener): NewRepair | undefined {
  const spec = specOf(node, view, opener)
  if (spec === undefined) return undefined
  const failing = spec.evidence.filter(({ plane }) => plane !== 'person')
  const causes = [
    ...(spec.request === undefined ? [] : [describeRequest(spec.request)]),
    ...failing.map((one) => `${one.check}: ${sayFinding(one, one.failingForSeconds * 1_000)}`),
  ].join(', ')
  return {
    name: freeName(node, spec.nodeUID, view),
    spec,
    said: say('RepairOpened', `${node} is to be repaired: ${causes}`),
  }
}

/** Dry-run's stand-in for a repair: lives in memory, takes a slot and a place in the budgets, and is never written. */
export function dryRunRepair(node: string, view: View, opener: Opener): NodeRepair | undefined {
  const spec = specOf(node, view, opener)
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

/** A stand-in stands as long as dry-run does and its node fails. */
export function isStandInOver({ spec }: NodeRepair, view: View): boolean {
  const failing = view.suspicions.get(spec.nodeName)?.clocks.some((clock) => clock.failingSince !== undefined)
  return !view.switches.dryRun || failing !== true
}

/** Dry-run writes nothing, not even to try the ledger; but repairs that are open already go on to their end. */
export function onlyLooks(view: View): boolean {
  return view.switches.dryRun && ![...view.repairs.values()].some((repair) => isOpen(repair) && repair.uid !== '')
}

function specOf(node: string, view: View, { provider, policyHash }: Opener): NodeRepairSpec | undefined {
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
    owner: view.installation.owner,
    role: facts.role,
    quorum: facts.quorum,
    pool: facts.pool,
    zone: facts.zone,
    evidence,
    ...(suspicion.request === undefined ? {} : { request: suspicion.request }),
    policyHash,
    epoch: 0,
  }
}
