import { ACTOR_ANNOTATIONS } from '../core/annotations/other-actor-marks.ts'
import { REQUEST_ANNOTATION } from '../core/annotations/request.ts'
import { SKIP } from '../core/annotations/skip.ts'
import type { Finding } from '../core/model/finding.ts'
import type { InstanceState, InstanceView } from '../core/model/instance.ts'
import type { NodeFacts } from '../core/model/node.ts'
import type { NodeRepair } from '../core/model/node-repair.ts'
import type { Switches, Verdict } from '../core/model/view.ts'
import { scrub } from '../lib/redact.ts'
import type {
  RecordedFinding,
  RecordedInstance,
  RecordedNode,
  RecordedRepair,
  RecordedSwitches,
  RecordedVerdict,
} from './format.ts'

const LONGEST = 200
const OWN = 'heald.dev/'
/** What `ACTOR_ANNOTATIONS` compares values with; any other value only says that somebody is there. */
const TOLD: ReadonlySet<string> = new Set([
  'false',
  ...Object.values(ACTOR_ANNOTATIONS).flatMap(({ value = [] }) => value),
])

/** Free text as it may stand in a record: short, and without anything that looks like a credential. */
export function trim(text: string): string {
  return scrub(text).slice(0, LONGEST)
}

function trimmed(text: string | undefined): string | undefined {
  return text === undefined ? undefined : trim(text)
}

/** Without what conditions say in words: nothing that decides reads it, and it is the largest part. */
export function recordedNode(node: NodeFacts): RecordedNode {
  const { resourceVersion: _version, addresses: _addresses, labels, ...kept } = node
  const conditions = node.conditions.map(({ message: _message, ...one }) => one)
  const annotations: Record<string, string> = {}
  for (const [key, value] of Object.entries(node.annotations)) {
    // A request that is cut is none.
    if (key === REQUEST_ANNOTATION) annotations[key] = scrub(value)
    else if (key.startsWith(OWN)) annotations[key] = trim(value)
    else if (Object.hasOwn(ACTOR_ANNOTATIONS, key)) annotations[key] = TOLD.has(value) ? value : 'set'
  }
  const skip = labels[SKIP]
  return {
    ...kept,
    taints: node.taints.map(({ key, effect }) => ({ key, effect })),
    conditions,
    annotations,
    labels: skip === undefined ? {} : { [SKIP]: trim(skip) },
  }
}

export function recordedFinding({ status, reason, message, seenAt, plane, symptom }: Finding): RecordedFinding {
  return { status, reason, message: trimmed(message), seenAt, plane, symptom }
}

function recordedState(state: InstanceState): InstanceState {
  return { ...state, fault: trimmed(state.fault) }
}

export function recordedInstance(instance: InstanceView): RecordedInstance {
  const { located, state, plans, error } = instance
  return {
    ...instance,
    located: located && recordedLocated(located),
    state: state && recordedState(state),
    plans: plans.map((plan) => ({ ...plan, message: trimmed(plan.message) })),
    error: error && { ...error, message: trim(error.message) },
  }
}

function recordedLocated(located: NonNullable<InstanceView['located']>): RecordedInstance['located'] {
  if ('mismatch' in located) return { mismatch: trim(located.mismatch) }
  if ('ambiguous' in located) return { ambiguous: trim(located.ambiguous) }
  if ('gone' in located) return { ...located, state: located.state && recordedState(located.state) }
  return located
}

/** Without cursors and order details of the cloud: nothing that decides reads them. */
export function recordedRepair({
  name,
  uid,
  createdAt,
  deleting,
  annotations,
  spec,
  status,
}: NodeRepair): RecordedRepair {
  const own = Object.entries(annotations).filter(([key]) => key.startsWith(OWN))
  return {
    ...{ name, uid, createdAt, deleting },
    annotations: Object.fromEntries(own.map(([key, value]) => [key, trim(value)])),
    spec: {
      ...spec,
      quorum: spec.quorum && [...spec.quorum],
      evidence: spec.evidence.map((one) => ({ ...one, message: trimmed(one.message) })),
    },
    status: status && {
      ...status,
      message: trimmed(status.message),
      attempts: status.attempts.map(({ cursor: _cursor, ...one }) => ({ ...one, message: trimmed(one.message) })),
      skipped: status.skipped.map((one) => ({ ...one, reason: trim(one.reason) })),
      holds: status.holds.map((one) => ({ ...one, message: trim(one.message) })),
    },
  }
}

export function recordedSwitches({ dryRun, stopped, paused, pools, nodes, cloud }: Switches): RecordedSwitches {
  type Pause = NonNullable<Switches['paused']>
  const pause = ({ reason, until }: Pause) => ({ reason: trim(reason), until })
  const pauses = (map: ReadonlyMap<string, Pause>) =>
    Object.fromEntries([...map].map(([key, one]) => [key, pause(one)]))
  return {
    ...{ dryRun, stopped },
    paused: paused && pause(paused),
    pools: pauses(pools),
    nodes: pauses(nodes),
    cloud: cloud && { on: cloud.on, reason: trim(cloud.reason) },
  }
}

export function recordedVerdict({ kind, rung, gates }: Verdict): RecordedVerdict {
  const held = gates.find(({ pass }) => !pass)
  return { kind, rung, gate: held?.gate, reason: held?.reason }
}
