/** Milliseconds. Unless a name says otherwise: on a monotonic clock whose zero means nothing. */
export type Millis = number

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

export type Role = 'master' | 'worker'

/** An independent source of evidence. `Ready=Unknown` is of the lease plane: kube-controller-manager derives it. */
export type Plane = 'kubelet' | 'lease' | 'probe' | 'cloud' | 'alert'

/** One kind of action. `human` is what comes after the last rung, and never acts. */
export type RungName = 'start' | 'reboot-soft' | 'reboot-hard' | 'replace'

export const RUNGS: readonly RungName[] = ['start', 'reboot-soft', 'reboot-hard', 'replace']

export interface Condition {
  readonly type: string
  readonly status: 'True' | 'False' | 'Unknown'
  readonly reason?: string
  readonly message?: string
  /** Calendar time, RFC 3339, as the API server stores it. For people and for drop-in parity only. */
  readonly lastTransitionTime?: string
}

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
  readonly labels: Readonly<Record<string, string>>
  /** Only those under `heald.dev/`, the cluster autoscaler's and the ones that name another actor. */
  readonly annotations: Readonly<Record<string, string>>
  readonly providerID: string | undefined
  readonly systemUUID: string | undefined
  readonly machineID: string | undefined
  readonly bootID: string | undefined
  readonly kernelVersion: string | undefined
  readonly osImage: string | undefined
  readonly kubeletVersion: string | undefined
}

/** The heartbeat of one node. */
export interface Heartbeat {
  /** The Lease's renewTime as stored: compared for change, never with our clock. */
  readonly renewTime: string
  /** When our own clock last saw the record change. */
  readonly changedAt: Millis
}

export type FindingStatus = 'pass' | 'fail' | 'unknown'

/** What one check saw of one node. */
export interface Finding {
  readonly status: FindingStatus
  /** PascalCase, e.g. `NodeNotReady`, `Timeout`. */
  readonly reason: string
  readonly message?: string
  /** When it was seen, by our monotonic clock. */
  readonly seenAt: Millis
  /** From this moment on the finding is `unknown`. Undefined: as long as the facts it was judged from do not change. */
  readonly validUntil?: Millis
  /** A judge's promise: nothing changes before this moment unless the facts do. Feeds wakeAt. */
  readonly changesAt?: Millis
  /** Overrides the check's plane for this finding, e.g. NodeCondition on `Ready=Unknown` speaks for `lease`. */
  readonly plane?: Plane
  /** Overrides the check's symptom for this finding, e.g. `Silent` for `Ready=Unknown`, where the check itself says `NotReady`. */
  readonly symptom?: string
}

/** Identity of one configured check of one role. */
export interface CheckInfo {
  /** Unique within the role, e.g. `NodeCondition` or `NodeCondition#2`. */
  readonly name: string
  readonly type: string
  readonly plane: Plane
  /** What is wrong when it fails, in the same words for checks that see the same thing: `NotReady`, `Unreachable`, ... */
  readonly symptom: string
  readonly unhealthyDurationMs: Millis
  readonly healthyDurationMs: Millis
}

/** One (node, check) pair in time. `failingSince` is kept through short passes (hysteresis) and restarted by gaps in our own sight. */
export interface CheckClock {
  readonly check: CheckInfo
  readonly finding: Finding
  readonly failingSince: Millis | undefined
  readonly passingSince: Millis | undefined
}

/** The immutable identity of a machine at its cloud. */
export interface InstanceRef {
  /** Never reused by the cloud: container id, server UUID. */
  readonly id: string
  readonly name: string
  /** Cloud's grouping the machine belongs to (node group); undefined where there is none. */
  readonly group?: string
}

export type Power = 'running' | 'off' | 'paused' | 'error' | 'moving' | 'unknown'

export interface InstanceState {
  readonly ref: InstanceRef
  readonly power: Power
  /** The cloud's proof that nothing of the machine runs any more. */
  readonly provenStopped: boolean
  /** A task in motion at the cloud (reboot, migration): wait for it. */
  readonly task?: string
  readonly fault?: string
  /** Changes with every start of the machine, e.g. `State.StartedAt`. Undefined: the cloud has none, use nodeInfo.bootID. */
  readonly bootMark?: string
}

export type Located =
  | { readonly found: InstanceRef }
  | {
      readonly gone: true
      /** Does the group still list a slot for it? */
      readonly slot: boolean
      /** What stands for it at the cloud, where its slot can be filled again. */
      readonly state?: InstanceState
    }
  | { readonly mismatch: string }
  | { readonly ambiguous: string }

export interface RungPlan {
  readonly rung: RungName
  readonly verdict: 'ok' | 'skip' | 'hold'
  /** Why skipped or held; empty when ok. PascalCase, e.g. `AlreadyRunning`, `NodeGroupUnknown`. */
  readonly reason: string
  readonly message?: string
  /** Orders with equal keys are never in flight together. */
  readonly lockKey: string
  /** Waiting orders with an equal key go in one step. */
  readonly batchKey?: string
}

/** What the cloud says of a suspect. A failed look keeps the last `state` and sets `error`. */
export interface InstanceView {
  readonly located: Located | undefined
  readonly state: InstanceState | undefined
  readonly plans: readonly RungPlan[]
  readonly seenAt: Millis
  /** Another Node that carries the same providerID: one of the two is stale, and which one only a person can say. */
  readonly sharedWith?: string
  /** Set: the cloud could not be asked; kind and text for people. Never evidence against the node. */
  readonly error?: { readonly kind: ProviderErrorKind; readonly message: string }
}

export type ProviderErrorKind =
  | 'not-found'
  | 'conflict'
  | 'throttled'
  | 'unauthorized'
  | 'unavailable'
  | 'invalid'
  | 'unsupported'

/** What was seen before the act: the yardstick of its proof. Stored in the attempt. */
export interface Order {
  readonly rung: RungName
  readonly repair: string
  readonly nodeName: string
  readonly nodeUID: string
  readonly instance: InstanceRef
  readonly bootID?: string
  readonly bootMark?: string
  readonly count?: number
  /**
   * Makes names that the step creates unique and repeatable: repair name and attempt number. Orders that go in one step
   * have what follows an `@` in common.
   */
  readonly key: string
}

export interface Replacement {
  readonly instance: InstanceRef
  /** The Node name expected for it, where the provider knows. */
  readonly nodeName?: string
}

/**
 * `running`: store `cursor`, call `step` again in `againMs`. A step mutates only what its incoming cursor names;
 * a cursor equal to the incoming one means "still waiting" and is not stored again.
 * `failed` with effect `none`: proven not sent.
 */
export type StepResult =
  | { readonly state: 'running'; readonly cursor: Json; readonly againMs: Millis }
  | {
      readonly state: 'done'
      readonly replacement?: Replacement
      /** By Order.key, where several orders went together. */
      readonly replacements?: Readonly<Record<string, Replacement>>
    }
  | { readonly state: 'failed'; readonly reason: string; readonly effect: 'none' | 'maybe' }

export interface Evidence {
  readonly summary: string
  /** Tail of the console, bounded, credentials removed by the provider. */
  readonly console?: string
}

export interface SwitchState {
  readonly on: boolean
  readonly reason: string
}

export interface ClusterHealth {
  readonly healthy: boolean
  readonly nodes: ReadonlyMap<string, { readonly ready: boolean; readonly reason?: string }>
}
