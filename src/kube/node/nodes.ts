import { ACTOR_ANNOTATIONS } from '../../core/annotations/other-actor-marks.ts'
import {
  type Condition,
  KUBELET_CONDITIONS,
  MASTER_LABELS,
  type NodeFacts,
  QUORUM_LABELS,
  type Taint,
} from '../../core/model/node.ts'
import type { QuorumGroup, Role } from '../../core/model/primitives.ts'
import { isRecord, listOf, recordAt, textOf, textsOf } from '../../lib/pure/json.ts'
import { createIntern } from '../watch/intern.ts'
import type { Parse } from '../watch/watched-store.ts'
import { type ConfiguredActors, createInHands } from './other-actors.ts'

const ZONE_LABELS = ['topology.kubernetes.io/zone', 'failure-domain.beta.kubernetes.io/zone']

const NONE: readonly never[] = []
const NO_TEXTS: Readonly<Record<string, string>> = Object.freeze({})
const STATUSES = { True: 'True', False: 'False', Unknown: 'Unknown' } as const

export interface WhoseNode {
  /** Any of these makes a node a master. */
  readonly masterLabels?: readonly string[]
  /** Any of these makes it one of a group of which a majority must stay: etcd's where it is no label of masters. */
  readonly quorumLabels?: readonly string[]
  readonly otherActors?: ConfiguredActors
  /** Why it is no machine that heald could repair; undefined: it is one. */
  readonly notOurs?: (node: NodeFacts) => string | undefined
}

/** Shared by all nodes of the same groups. */
const GROUPS = {
  none: [],
  etcd: ['etcd'],
  controlPlane: ['control-plane'],
  both: ['control-plane', 'etcd'],
} as const satisfies Readonly<Record<string, readonly QuorumGroup[]>>

function groupsOf(controlPlane: boolean, etcd: boolean): readonly QuorumGroup[] {
  if (controlPlane) return etcd ? GROUPS.both : GROUPS.controlPlane
  return etcd ? GROUPS.etcd : GROUPS.none
}

type Intern = ReturnType<typeof createIntern>

/** Beside the marks of other actors, which the OtherActor gate knows by name. */
const KEPT_ANNOTATIONS = ['heald.dev/', 'cluster-autoscaler.kubernetes.io/', 'autohealing.openstack.org/']

/**
 * Narrows Node objects to a fifth. Of absurd fields nothing is kept, and nothing throws; only an object without a name,
 * UID or resourceVersion is none. `zoneLabel` replaces the two standard zone labels.
 */
export function parseNode(
  poolLabels: readonly string[],
  zoneLabel?: string,
  { masterLabels = MASTER_LABELS, quorumLabels = QUORUM_LABELS, otherActors = {}, notOurs }: WhoseNode = {},
): Parse<NodeFacts> {
  const groupLabels = {
    'control-plane': quorumLabels.filter((label) => masterLabels.includes(label)),
    etcd: quorumLabels.filter((label) => !masterLabels.includes(label)),
  }
  const inHands = createInHands(otherActors)
  const zoneLabels = zoneLabel === undefined ? ZONE_LABELS : [zoneLabel]
  const intern = createIntern()
  const shared = (value: unknown): string | undefined => (isText(value) ? intern(value) : undefined)
  return (object) => {
    const metadata = recordAt(object, 'metadata')
    const { name, uid, resourceVersion } = metadata
    if (!isText(name) || !isText(uid) || !isText(resourceVersion)) return undefined
    const spec = recordAt(object, 'spec')
    const status = recordAt(object, 'status')
    const info = recordAt(status, 'nodeInfo')
    const labels = textsOf(metadata.labels)
    for (const [label, value] of Object.entries(labels)) labels[label] = value === name ? name : intern(value)
    const carries = (label: string): boolean => Object.hasOwn(labels, label)
    const role: Role = masterLabels.some(carries) ? 'master' : 'worker'
    const item: NodeFacts = {
      name,
      uid,
      resourceVersion,
      role,
      quorum: groupsOf(groupLabels['control-plane'].some(carries), groupLabels.etcd.some(carries)),
      pool: firstOf(labels, poolLabels) ?? role,
      zone: firstOf(labels, zoneLabels),
      createdAt: timeOf(metadata.creationTimestamp),
      deleting: metadata.deletionTimestamp !== undefined && metadata.deletionTimestamp !== null,
      unschedulable: spec.unschedulable === true,
      taints: fitted(listOf(spec.taints).flatMap((each) => taintOf(each, intern))),
      conditions: fitted(conditionsOf(listOf(status.conditions), intern)),
      addresses: fitted(listOf(status.addresses).flatMap((each) => addressOf(each, name, intern))),
      ...portOf(recordAt(recordAt(status, 'daemonEndpoints'), 'kubeletEndpoint').Port),
      labels,
      annotations: orNoTexts(textsOf(metadata.annotations, isKept)),
      ...inHands(recordAt(metadata, 'annotations'), labels, listOf(spec.taints)),
      providerID: filled(spec.providerID),
      systemUUID: filled(info.systemUUID),
      machineID: filled(info.machineID),
      bootID: filled(info.bootID),
      kernelVersion: shared(info.kernelVersion),
      osImage: shared(info.osImage),
      kubeletVersion: shared(info.kubeletVersion),
    }
    const why = notOurs?.(item)
    return { key: name, resourceVersion, item: why === undefined ? item : { ...item, notOurs: why } }
  }
}

function isKept(annotation: string): boolean {
  return (
    Object.hasOwn(ACTOR_ANNOTATIONS, annotation) || KEPT_ANNOTATIONS.some((prefix) => annotation.startsWith(prefix))
  )
}

/** Of most nodes none is kept. */
function orNoTexts(texts: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.keys(texts).length === 0 ? NO_TEXTS : texts
}

function portOf(port: unknown): Pick<NodeFacts, 'kubeletPort'> {
  return Number.isInteger(port) && Number(port) > 0 && Number(port) < 65_536 ? { kubeletPort: Number(port) } : {}
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

/** A copy has exactly the room it needs; what was grown keeps room for 16 more. */
function fitted<T>(list: readonly T[]): readonly T[] {
  return list.length === 0 ? NONE : list.slice()
}

function taintOf(value: unknown, intern: Intern): Taint[] {
  if (!isRecord(value) || !isText(value.key) || !isText(value.effect)) return []
  const taint = { key: intern(value.key), effect: intern(value.effect) }
  return [isText(value.value) ? { ...taint, value: intern(value.value) } : taint]
}

/** A status that is none of the three is dropped with its condition: taken for Unknown it would speak against the node. */
function conditionsOf(values: readonly unknown[], intern: Intern): readonly Condition[] {
  const conditions: Condition[] = []
  let lastTime = ''
  for (const value of values) {
    if (!isRecord(value) || !isText(value.type)) continue
    const { status, reason, message } = value
    if (status !== 'True' && status !== 'False' && status !== 'Unknown') continue
    // A boot sets most of them in the same second.
    if (isText(value.lastTransitionTime) && value.lastTransitionTime !== lastTime) lastTime = value.lastTransitionTime
    conditions.push({
      type: intern(value.type),
      status: STATUSES[status],
      ...(isText(reason) ? { reason: intern(reason) } : {}),
      ...(isText(message) ? { message: intern(message) } : {}),
      ...(isText(value.lastTransitionTime) ? { lastTransitionTime: lastTime } : {}),
      ...(isText(value.lastHeartbeatTime) && !KUBELET_CONDITIONS.has(value.type)
        ? { lastHeartbeatTime: value.lastHeartbeatTime }
        : {}),
    })
  }
  return conditions
}

function addressOf(value: unknown, name: string, intern: Intern): { type: string; address: string }[] {
  if (!isRecord(value) || !isText(value.type) || !isText(value.address)) return []
  return [{ type: intern(value.type), address: value.address === name ? name : value.address }]
}
