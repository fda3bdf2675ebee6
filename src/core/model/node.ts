import type { Millis, QuorumGroup, Role } from './primitives.ts'

export interface Condition {
  readonly type: string
  readonly status: 'True' | 'False' | 'Unknown'
  readonly reason?: string
  readonly message?: string
  /** Calendar time, RFC 3339, as the API server stores it. For people and for drop-in parity only. */
  readonly lastTransitionTime?: string
  /** When its writer last said so, by his clock, RFC 3339. Kept of conditions that are not the kubelet's. */
  readonly lastHeartbeatTime?: string
}

/** Those that every kubelet writes; kube-controller-manager sets them to Unknown when it no longer hears it. */
export const KUBELET_CONDITIONS: ReadonlySet<string> = new Set([
  'Ready',
  'MemoryPressure',
  'DiskPressure',
  'PIDPressure',
])

export interface Taint {
  readonly key: string
  readonly value?: string
  readonly effect: string
}

/** What heald keeps of a Node object: about a fifth of it. Absurd or missing fields become `undefined`, never a throw. */
export interface NodeFacts {
  readonly name: string
  readonly uid: string
  readonly resourceVersion: string
  readonly role: Role
  /** The groups of which a majority must stay and to which it belongs: none for nearly every node. */
  readonly quorum: readonly QuorumGroup[]
  /** The value of the first configured pool label that the node carries, else its role. */
  readonly pool: string
  /** Undefined: the node is in no zone. */
  readonly zone: string | undefined
  /** Calendar milliseconds (API server's clock); undefined when unreadable. */
  readonly createdAt: Millis | undefined
  readonly deleting: boolean
  readonly unschedulable: boolean
  readonly taints: readonly Taint[]
  readonly conditions: readonly Condition[]
  readonly addresses: readonly { readonly type: string; readonly address: string }[]
  /** Where its kubelet listens, as the Node says; absent: it does not say. */
  readonly kubeletPort?: number
  readonly labels: Readonly<Record<string, string>>
  /** Only those under `heald.dev/`, the cluster autoscaler's and the ones that name another actor. */
  readonly annotations: Readonly<Record<string, string>>
  /** What of the configured `otherActors` it carries, in words such as `taint example.com/draining`. */
  readonly inHands?: string
  readonly providerID: string | undefined
  readonly systemUUID: string | undefined
  readonly machineID: string | undefined
  readonly bootID: string | undefined
  readonly kernelVersion: string | undefined
  readonly osImage: string | undefined
  readonly kubeletVersion: string | undefined
  /** Why it is no machine that heald could ever repair, such as a virtual kubelet; absent: it is one. */
  readonly notOurs?: string
}

/** The first is kubeadm's, the second its old one, the third RKE's. */
export const MASTER_LABELS: readonly string[] = ['control-plane', 'master', 'controlplane'].map(labelOfRole)
/** RKE, RKE2, k3s and Kubespray label etcd members. */
export const QUORUM_LABELS: readonly string[] = [...MASTER_LABELS, labelOfRole('etcd')]

function labelOfRole(role: string): string {
  return `node-role.kubernetes.io/${role}`
}

const CONTROL_PLANE: readonly QuorumGroup[] = ['control-plane']
const NO_GROUP: readonly QuorumGroup[] = []

/** Of a node of which nothing but the role is known. */
export function quorumOfRole(role: Role): readonly QuorumGroup[] {
  return role === 'master' ? CONTROL_PLANE : NO_GROUP
}

/** The heartbeat of one node. */
export interface Heartbeat {
  /** The Lease's renewTime as stored: compared for change, never with our clock. */
  readonly renewTime: string
  /** When our own clock last saw the record change. */
  readonly changedAt: Millis
}

export function readyOf({ conditions }: NodeFacts): NodeFacts['conditions'][number] | undefined {
  return conditions.find(({ type }) => type === 'Ready')
}
