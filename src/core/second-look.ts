import { rfc3339 } from '../lib/pure/rfc3339.ts'
import { readMarks } from './annotations/marks.ts'
import { decide } from './decide.ts'
import { isUnheard } from './evidence/sources.ts'
import type { Announcement } from './model/effects.ts'
import type { InstanceRef } from './model/instance.ts'
import type { NodeFacts } from './model/node.ts'
import type { Attempt, NodeRepair, NodeRepairStatus } from './model/node-repair.ts'
import { lastAttempt, runningAttempt } from './model/node-repair.ts'
import type { Order } from './model/order.ts'
import type { Policy, RungPolicy } from './model/policy.ts'
import type { Millis } from './model/primitives.ts'
import type { View } from './model/view.ts'
import { type Batch, batchKeyOf, orderKey } from './repair/batch.ts'
import { nextRung } from './repair/ladder.ts'
import { LOCKED_MS, lockedBy } from './repair/lock.ts'
import { isLiftedByPerson } from './repair/node-marks.ts'
import { roleOf } from './repair/repair-node.ts'
import { say, statusOf, toPhase } from './repair/status.ts'

/** An attempt that may begin: all that is to be marked, written and sent for it. */
export interface Intent {
  /** As it stands now. */
  readonly repair: NodeRepair
  readonly node: NodeFacts
  readonly attempt: Attempt
  /** Whether the Node may be cordoned for it. */
  readonly cordon: boolean
  readonly drained: NodeRepairStatus['drained']
  readonly skipped: NodeRepairStatus['skipped']
}

/** `no`: nothing is begun. `said` tells why, where that is worth telling; it is not tried again before `notBefore`. */
export type SecondLook =
  | { readonly yes: Intent }
  | { readonly no: true; readonly said?: Announcement; readonly notBefore?: Millis }

const NO: SecondLook = { no: true }

/**
 * Asked when everything has just been read again: is what was decided about `before` still right? Every gate is asked
 * once more, and whatever may have changed under the decision: the repair itself, its machine, its batch, its lock.
 */
export function lookTwice(
  before: NodeRepair,
  { rung, batch }: { readonly rung: RungPolicy; readonly batch: Batch | undefined },
  view: View,
  policy: Policy,
): SecondLook {
  const name = before.spec.nodeName
  const repair = view.repairs.get(before.name)
  const node = view.nodes.get(name)
  if (repair?.uid !== before.uid || node === undefined || repair.deleting) return NO
  if (runningAttempt(repair) !== undefined) return NO
  const objection = objectionTo(repair, rung, view, policy)
  if (objection !== undefined) return { no: true, said: say('SecondLookDisagrees', `${name}: ${objection}`) }
  const instance = instanceOf(repair, view)
  if (instance === undefined) return NO
  if (batch !== undefined && batchKeyOf(name, rung.rung, view) !== batch.key) return NO
  if (lockedBy(repair, rung, view, batch) !== undefined) return { no: true, notBefore: view.now + LOCKED_MS }
  const suspicion = view.suspicions.get(name)
  const unheard = isUnheard(suspicion, view.now)
  const from = suspicion?.request?.rung
  const time = { now: view.now, calendar: view.calendar, maxNotSent: policy.maxNotSent, unheard, from }
  return {
    yes: {
      repair,
      node,
      attempt: newAttempt(repair, rung, { instance, node, batch }, view),
      cordon: !isLiftedByPerson(repair, node),
      drained: drainedBefore(rung, repair, view),
      skipped: nextRung(repair, view.instances.get(name), policy.roles[roleOf(repair, view)], time).skipped,
    },
  }
}

/** What is written before the first step is sent. `marked`: the Node with heald's marks; `calendar`: of the look. */
export function issuedStatus(
  { attempt, cordon, drained, skipped, node }: Intent,
  repair: NodeRepair,
  marked: NodeFacts,
  view: Pick<View, 'calendar'>,
): NodeRepairStatus {
  const ours = readMarks(marked)?.cordon === true ? 'ours' : undefined
  return toPhase(repair, view, 'Acting', {
    rung: attempt.rung,
    attempts: [...statusOf(repair, view).attempts, attempt],
    skipped,
    cordon: cordon ? ours : 'lifted-by-person',
    drained,
    nodeUID: node.uid,
  })
}

export function issuedMessage({ attempt: { rung, order }, drained }: Intent): Announcement {
  const { nodeName, instance } = order
  const note = drained === 'DrainSkipped' ? '; not drained: its kubelet is silent' : ''
  return say('RungIssued', `${rung} of ${nodeName} (${instance.name || instance.id})${note}`)
}

/** Why the gates, asked again, no longer want this rung; undefined: they do. */
function objectionTo(repair: NodeRepair, rung: RungPolicy, view: View, policy: Policy): string | undefined {
  const verdict = decide(view, policy).verdicts.get(repair.spec.nodeName)
  const sees = view.sight.blindSince === undefined && !view.switches.dryRun
  if (sees && verdict?.kind === 'repair' && verdict.rung === rung.rung) return undefined
  const why = verdict?.gates.filter((gate) => !gate.pass).map((gate) => gate.message)
  return why?.join('; ') || 'no longer failing'
}

function newAttempt(
  repair: NodeRepair,
  { rung }: RungPolicy,
  about: { readonly instance: InstanceRef; readonly node: NodeFacts; readonly batch: Batch | undefined },
  view: View,
): Attempt {
  const { instance, node, batch } = about
  const id = (lastAttempt(repair)?.id ?? 0) + 1
  const order: Order = {
    rung,
    repair: repair.name,
    nodeName: node.name,
    nodeUID: node.uid,
    instance,
    bootID: node.bootID,
    bootMark: view.instances.get(node.name)?.state?.bootMark,
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

function instanceOf(repair: NodeRepair, view: View): InstanceRef | undefined {
  const located = view.instances.get(repair.spec.nodeName)?.located
  if (located === undefined) return undefined
  if ('found' in located) return located.found
  if (!('gone' in located)) return undefined
  const { instance } = repair.spec
  const { state } = located
  // Another machine than the one whose slot is empty is not replaced on a repair's word.
  return instance === undefined || state === undefined || state.ref.id === instance.id
    ? (instance ?? state?.ref)
    : undefined
}
