import { ACTOR_ANNOTATIONS } from '../core/gates/other-actor-marks.ts'
import type { Condition, NodeFacts, Role, Taint } from '../core/types.ts'
import { isRecord, listOf, recordAt, textOf, textsOf } from './json.ts'
import type { Parse } from './watched-store.ts'

const MASTER_LABELS = ['node-role.kubernetes.io/control-plane', 'node-role.kubernetes.io/master']
const ZONE_LABELS = ['topology.kubernetes.io/zone', 'failure-domain.beta.kubernetes.io/zone']

/** Beside the marks of other actors, which the OtherActor gate knows by name. */
const KEPT_ANNOTATIONS = ['heald.dev/', 'cluster-autoscaler.kubernetes.io/', 'autohealing.openstack.org/']

/**
 * Narrows Node objects to a fifth. Of absurd fields nothing is kept, and nothing throws; only an object without a name,
 * UID or resourceVersion is none. `zoneLabel` replaces the two standard zone labels.
 */
export function parseNode(poolLabels: readonly string[], zoneLabel?: string): Parse<NodeFacts> {
  const zoneLabels = zoneLabel === undefined ? ZONE_LABELS : [zoneLabel]
  return (object) => {
    const metadata = recordAt(object, 'metadata')
    const { name, uid, resourceVersion } = metadata
    if (!isText(name) || !isText(uid) || !isText(resourceVersion)) return undefined
    const spec = recordAt(object, 'spec')
    const status = recordAt(object, 'status')
    const info = recordAt(status, 'nodeInfo')
    const labels = textsOf(metadata.labels)
    const role: Role = MASTER_LABELS.some((label) => Object.hasOwn(labels, label)) ? 'master' : 'worker'
    const item: NodeFacts = {
      name,
      uid,
      resourceVersion,
      role,
      pool: firstOf(labels, poolLabels) ?? role,
      zone: firstOf(labels, zoneLabels),
      createdAt: timeOf(metadata.creationTimestamp),
      deleting: metadata.deletionTimestamp !== undefined && metadata.deletionTimestamp !== null,
      unschedulable: spec.unschedulable === true,
      taints: listOf(spec.taints).flatMap(taintOf),
      conditions: listOf(status.conditions).flatMap(conditionOf),
      addresses: listOf(status.addresses).flatMap(addressOf),
      labels,
      annotations: textsOf(metadata.annotations, isKept),
      providerID: filled(spec.providerID),
      systemUUID: filled(info.systemUUID),
      machineID: filled(info.machineID),
      bootID: filled(info.bootID),
      kernelVersion: filled(info.kernelVersion),
      osImage: filled(info.osImage),
      kubeletVersion: filled(info.kubeletVersion),
    }
    return { key: name, resourceVersion, item }
  }
}

function isKept(annotation: string): boolean {
  return (
    Object.hasOwn(ACTOR_ANNOTATIONS, annotation) || KEPT_ANNOTATIONS.some((prefix) => annotation.startsWith(prefix))
  )
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

function filled(value: unknown): string | undefined {
  return isText(value) ? value : undefined
}

function firstOf(labels: Readonly<Record<string, string>>, names: readonly string[]): string | undefined {
  const name = names.find((each) => Object.hasOwn(labels, each) && labels[each] !== '')
  return name === undefined ? undefined : labels[name]
}

function timeOf(value: unknown): number | undefined {
  const at = Date.parse(textOf(value) ?? '')
  return Number.isNaN(at) ? undefined : at
}

function taintOf(value: unknown): Taint[] {
  if (!isRecord(value) || !isText(value.key) || !isText(value.effect)) return []
  const taint = { key: value.key, effect: value.effect }
  return [isText(value.value) ? { ...taint, value: value.value } : taint]
}

/** A status that is none of the three is dropped with its condition: taken for Unknown it would speak against the node. */
function conditionOf(value: unknown): Condition[] {
  if (!isRecord(value) || !isText(value.type)) return []
  const { status } = value
  if (status !== 'True' && status !== 'False' && status !== 'Unknown') return []
  return [
    {
      type: value.type,
      status,
      ...(isText(value.reason) ? { reason: value.reason } : {}),
      ...(isText(value.message) ? { message: value.message } : {}),
      ...(isText(value.lastTransitionTime) ? { lastTransitionTime: value.lastTransitionTime } : {}),
    },
  ]
}

function addressOf(value: unknown): { type: string; address: string }[] {
  return isRecord(value) && isText(value.type) && isText(value.address)
    ? [{ type: value.type, address: value.address }]
    : []
}
