import type { Millis } from '../core/model/primitives.ts'
import type { Clock } from '../core/ports/clock.ts'
import type { Tell } from '../core/ports/log.ts'
import type { Term } from '../core/ports/term.ts'
import type { LeaseApi } from '../kube/lease.ts'
import type { OldLockApi } from '../kube/old-lock.ts'
import type { Timings } from './timings.ts'

/** `hand-over`: release, and stay out for two lease durations so that another one can lead. Else compete again at once. */
export type LeadResult = 'hand-over' | undefined

/**
 * The leader's work. Runs until `term.signal` aborts (stop at once) or `ending` does: plan nothing new, finish and record
 * the running step, return. The lease is renewed all the while, and a next term begins only after this one has returned.
 */
// biome-ignore lint/suspicious/noConfusingVoidType: a leader that has nothing to say just returns
export type Lead = (term: Term, ending: AbortSignal) => Promise<LeadResult | void>

/** What /status, metrics and the view want to know. */
export interface ElectionStatus {
  readonly leading: boolean
  readonly epoch: number | undefined
  /** The highest epoch that heald's own Lease was ever seen to have; undefined before the first look. */
  readonly highestEpoch: number | undefined
  /** Who holds heald's own Lease as far as we know. */
  readonly holder: string | undefined
  /** Monotonic time of our last successful renewal as leader. */
  readonly renewedAt: Millis | undefined
  readonly standingAside: boolean
}

export interface ElectorOptions {
  /** heald's own Lease, and others that must be held in addition to lead (the old healer's). */
  readonly leases: readonly [LeaseApi, ...LeaseApi[]]
  /** What programs that know no Leases elect by: heald leads only while nobody renews it. */
  readonly oldLocks?: readonly OldLockApi[]
  /** Node name and a UUID per process. */
  readonly identity: string
  readonly clock: Clock
  readonly timings?: Timings
  readonly tell: Tell
  /**
   * The highest epoch in any repair, of those that may be a leader's when the Lease has been seen at `own`. A term's
   * epoch is above it even when the Lease was deleted or etcd restored.
   */
  readonly minimumEpoch: (own: number) => number
  /** True: neither leads nor holds a Lease (the stop-file). Asked every retry period. */
  readonly standAside?: () => boolean
  /** How long a running step may hold up a shutdown before the Lease is left to expire. */
  readonly shutdownGraceMs?: Millis
  readonly onStatus?: (status: ElectionStatus) => void
}
