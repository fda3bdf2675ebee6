import type { FencedObject } from './fenced.ts'
import type { InstanceRef } from './instance.ts'
import type { Order, Replacement } from './order.ts'
import type { Json, QuorumGroup, Role } from './primitives.ts'
import type { StoredAttemptReason, StoredPhaseReason } from './repair-reasons.ts'
import type { RungName } from './rungs.ts'

/** `Parked` is an open end: it waits for a person and takes no slot. `Succeeded` and `Cancelled` never change again. */
export type Phase = 'Pending' | 'Draining' | 'Acting' | 'Verifying' | 'Soaking' | 'Parked' | 'Succeeded' | 'Cancelled'

export const FINISHED_PHASES: readonly Phase[] = ['Succeeded', 'Cancelled']

/** `NotSent`, `Verified` and `Failed` never change again. */
export type AttemptState = 'Issued' | 'Confirmed' | 'Unknown' | 'NotSent' | 'Verified' | 'Failed'

export const FINISHED_ATTEMPTS: readonly AttemptState[] = ['NotSent', 'Verified', 'Failed']

export interface Attempt {
  /** 1, 2, 3 ...: the list-map key. */
  readonly id: number
  readonly rung: RungName
  readonly state: AttemptState
  readonly order: Order
  /** The step that was issued last; undefined before the first one answered. At most 1 KiB as JSON. */
  readonly cursor?: Json
  /** Calendar times, RFC 3339, for people. */
  readonly issuedAt: string
  readonly finishedAt?: string
  readonly reason?: StoredAttemptReason
  readonly message?: string
}

export interface Hold {
  readonly gate: string
  readonly reason: string
  readonly message: string
}

export interface RepairEvidence {
  readonly check: string
  readonly plane: string
  readonly symptom: string
  readonly reason: string
  readonly message?: string
  readonly failingForSeconds: number
}

/** That a node be repaired: a person's word, which lasts until one repair has begun to act by it. */
export interface RepairRequest {
  readonly reason: string
  /** RFC 3339: from then on nobody asks any more. */
  readonly until: string
  /** Where the ladder begins; absent: where it always does. */
  readonly rung?: RungName
  /** Who asks, as they say themselves. */
  readonly by?: string
}

export interface NodeRepairSpec {
  readonly nodeName: string
  readonly nodeUID: string
  readonly instance?: InstanceRef
  readonly provider: string
  /** The Lease of the heald whose repair it is, as `namespace/name`. Of older versions: see `ownerOf`. */
  readonly owner?: string
  readonly role: Role
  /** Of older versions: `quorumOfRole`. */
  readonly quorum?: readonly QuorumGroup[]
  readonly pool: string
  readonly zone?: string
  readonly evidence: readonly RepairEvidence[]
  /** The person's word by which it was opened; absent: by checks alone. */
  readonly request?: RepairRequest
  readonly policyHash: string
  /** The creator's epoch. */
  readonly epoch: number
}

export interface NodeRepairStatus {
  readonly phase: Phase
  /** The leader that wrote last; never goes down. */
  readonly epoch: number
  readonly rung?: RungName
  /** Why the phase is what it is, e.g. `NeedsHuman`. */
  readonly reason?: StoredPhaseReason
  readonly message?: string
  readonly attempts: readonly Attempt[]
  /** Rungs passed over, with why. */
  readonly skipped: readonly { readonly rung: RungName; readonly reason: string }[]
  readonly holds: readonly Hold[]
  /** The Node's UID as last seen (a deleted and re-registered Node gets a new one). */
  readonly nodeUID: string
  readonly replacement?: Replacement
  /** We cordoned in this repair / a person uncordoned since: never cordon again. */
  readonly cordon?: 'ours' | 'lifted-by-person'
  readonly drained?: 'Drained' | 'DrainSkipped' | 'DrainDeadline'
  readonly startedAt: string
  readonly finishedAt?: string
}

/**
 * One incident of one node, from plan to proof. Cluster-scoped `heald.dev/v1alpha1`. Without a status it counts as
 * Pending without attempts.
 */
export type NodeRepair = FencedObject<NodeRepairSpec, NodeRepairStatus>

/** Whose the objects are that versions without this field have written: of the Lease that heald has by default. */
export const DEFAULT_OWNER = 'kube-system/heald'

/** One heald of a cluster, however many replicas it has: those that stand for election at one Lease. */
export interface Installation {
  /** Its Lease, as `namespace/name`. */
  readonly owner: string
  /** Repairs of other installations, by name. They are another actor's: never sealed, changed, undone or removed. */
  readonly others: ReadonlyMap<string, NodeRepair>
}

/** Who has written a repair or a mark. */
export function ownerOf({ owner }: { readonly owner?: string }): string {
  return owner ?? DEFAULT_OWNER
}

/** The only heald there is. */
export const ALONE: Installation = { owner: DEFAULT_OWNER, others: new Map() }

export const REPAIR_FINALIZER = 'heald.dev/repair'

export function phaseOf(repair: NodeRepair): Phase {
  return repair.status?.phase ?? 'Pending'
}

export function isOpen(repair: NodeRepair): boolean {
  return !FINISHED_PHASES.includes(phaseOf(repair))
}

/** Open, and not waiting for a person: takes a slot of InFlight. */
export function takesSlot(repair: NodeRepair): boolean {
  return isOpen(repair) && phaseOf(repair) !== 'Parked'
}

/** Open, and whether its last rung helps is still to be seen. */
export function isUnproven(repair: NodeRepair): boolean {
  const phase = phaseOf(repair)
  return phase === 'Pending' || phase === 'Draining' || phase === 'Acting' || phase === 'Verifying'
}

export function lastAttempt(repair: NodeRepair): Attempt | undefined {
  return repair.status?.attempts.at(-1)
}

/** Nothing was done by it, and no leader has judged it: what stands in its spec is no more than its author's word. */
export function isUntouched(repair: NodeRepair): boolean {
  return phaseOf(repair) === 'Pending' && lastAttempt(repair) === undefined
}

/** `status.reason` while what a given-up attempt left at the cloud is taken back; the attempt's own reason says why. */
export const ABANDONING = 'Abandoning'

export function isAbandoning(repair: NodeRepair): boolean {
  return phaseOf(repair) === 'Acting' && repair.status?.reason === ABANDONING
}

/** Nothing of it has left heald. Of an attempt that was refused at a later step, something was done before. */
export function isProvenUnsent({ state, cursor }: Attempt): boolean {
  return state === 'NotSent' && cursor === undefined
}

/** The attempt whose outcome is not known yet, if any. */
export function runningAttempt(repair: NodeRepair): Attempt | undefined {
  const last = lastAttempt(repair)
  return last !== undefined && !FINISHED_ATTEMPTS.includes(last.state) ? last : undefined
}
