import type { Attempt, NodeRepairStatus } from './node-repair.ts'
import type { RungPolicy } from './policy.ts'
import type { Millis } from './primitives.ts'

/** What a person is told once the effect has happened. */
export interface Said {
  readonly reason: string
  readonly message: string
  readonly level: 'info' | 'warn'
}

/** The one next thing to do for a repair. Each leaves the stored status true at every moment in between. */
export type Effect =
  | { readonly do: 'write'; readonly status: NodeRepairStatus; readonly said?: Said }
  /** Look again without the cache, mark the node, write `Issued`, renew the Lease, send the first step. */
  | { readonly do: 'issue'; readonly rung: RungPolicy }
  /** Write the cursor when it is new, renew the Lease, send the next step. */
  | { readonly do: 'step'; readonly attempt: Attempt }
  /** By reading alone: what became of the last step? */
  | { readonly do: 'recover'; readonly attempt: Attempt }
  /** Write that it begins, have the provider take back one mark or stop; when nothing is left, write `then`. */
  | { readonly do: 'abandon'; readonly attempt: Attempt; readonly then: NodeRepairStatus; readonly said: Said }
  | { readonly do: 'drain' }
  | { readonly do: 'delete-node'; readonly node: string; readonly uid: string }
  /** Remove the finalizer of a finished or withdrawn repair. */
  | { readonly do: 'release' }

export interface Wait {
  readonly wait: Millis
  readonly why: string
}
