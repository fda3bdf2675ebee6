import type { Millis, Role } from './primitives.ts'
import type { RungPlan } from './rungs.ts'

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

/** There is no cloud to ask. Nothing can be repaired, and dry-run says what would be. */
export const NO_CLOUD: Located = { ambiguous: 'NoProvider' }

export function isNoCloud(located: Located): boolean {
  return 'ambiguous' in located && located.ambiguous === 'NoProvider'
}

/** What the cloud says of a suspect. A failed look keeps the last `state` and sets `error`. */
export interface InstanceView {
  readonly located: Located | undefined
  readonly state: InstanceState | undefined
  readonly plans: readonly RungPlan[]
  readonly seenAt: Millis
  /** When the cloud was first heard to say this: gone, off or paused, or anything else. Monotonic. */
  readonly saidSince?: Millis
  /** Its last boot was seen while it was a suspect, and is later than this: the boot mark was still the one before. Monotonic. */
  readonly bootedAfter?: Millis
  /** Another Node of the same machine, by providerID or by address and hardware: one of the two is stale, and which one only a person can say. */
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

/** A machine that a group of this cluster holds, whether a Node stands for it or not. */
export interface Member {
  readonly ref: InstanceRef
  readonly role: Role
  /** `gone`: the group keeps its slot, and the machine is no more. */
  readonly power: Power | 'gone'
  /** What its kubelet would call itself. */
  readonly nodeName: string
  readonly addresses: readonly string[]
}

/** All members of all groups that the cloud manages for this cluster; or why that can't be said now. */
export type Members = { readonly members: readonly Member[] } | { readonly unsure: string }

/** `NodeMissing`: heald has seen its Node. `NeverJoined`: it has not. */
export type MissingSymptom = 'NeverJoined' | 'NodeMissing'

/** A member without a Node, for longer than a machine may take to join. */
export interface MissingMember {
  readonly member: Member
  readonly symptom: MissingSymptom
  /** Since when it is seen without one. Monotonic. */
  readonly since: Millis
}

/** The cloud itself says that the machine is broken. */
export function isInError(instance: Pick<InstanceView, 'state' | 'error'> | undefined): boolean {
  return instance?.error === undefined && instance?.state?.power === 'error'
}

/** The cloud itself says that the machine is off or paused: nothing of it runs that an act could hurt. */
export function isProvenOff(instance: Pick<InstanceView, 'state' | 'error'> | undefined): boolean {
  const power = instance?.state?.power
  return instance?.error === undefined && (power === 'off' || power === 'paused')
}
