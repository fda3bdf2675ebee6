import type { Attempt, NodeRepairStatus } from './node-repair.ts'
import type { RungPolicy } from './policy.ts'
import type { Millis } from './primitives.ts'

/** What a person is told once the effect has happened. */
export interface Announcement {
  readonly reason: string
  readonly message: string
  readonly level: 'info' | 'warn'
}

/**
 * The one next thing to do for a repair. Each leaves the stored status true at every moment in between.
 * `with`: the names of other repairs that it is done together with, in one step.
 */
export type Effect =
  | { readonly do: 'write'; readonly status: NodeRepairStatus; readonly said?: Announcement }
  /** Look again without the cache, mark the node, write `Issued`, renew the Lease, send the first step. */
  | { readonly do: 'issue'; readonly rung: RungPolicy; readonly with?: readonly string[] }
  /** Write the cursor when it is new, renew the Lease, send the next step. */
  | { readonly do: 'step'; readonly attempt: Attempt; readonly with?: readonly string[] }
  /** By reading alone: what became of the last step? */
  | { readonly do: 'recover'; readonly attempt: Attempt; readonly with?: readonly string[] }
  /** Write that it begins, have the provider take back one mark or stop; when nothing is left, write `then`. */
  | { readonly do: 'abandon'; readonly attempt: Attempt; readonly then: NodeRepairStatus; readonly said: Announcement }
  | { readonly do: 'drain' }
  | { readonly do: 'delete-node'; readonly node: string; readonly uid: string }
  /** Keep under this name, parked, what a repair that a person deleted has done. */
  | { readonly do: 'keep'; readonly name: string; readonly status: NodeRepairStatus; readonly said: Announcement }
  /** Remove the finalizer of a finished or withdrawn repair. */
  | { readonly do: 'release' }

/** Why a repair that could go on does not: others are in its way. What its own phase waits for has no reason. */
export type WaitReason = 'Gathering' | 'Locked' | 'Companion' | 'Backoff'

export interface Wait {
  readonly wait: Millis
  readonly why: string
  readonly reason?: WaitReason
  /** Nothing is begun before this moment, even if what it waits for comes earlier. */
  readonly notBefore?: Millis
  /** It gathers companions until this moment, however often it is asked. */
  readonly gatherUntil?: Millis
}
