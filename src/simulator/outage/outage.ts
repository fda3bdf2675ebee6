import type { Millis } from '../../core/model/primitives.ts'
import type { Lie } from '../fleet/cloud.ts'
import type { Cure, TroubleKind } from '../fleet/trouble.ts'

/** A pool of workers. Zones and racks are where its machines stand: in turn, the first machine in the first of each. */
export interface PoolPlan {
  /** Undefined: its nodes carry no pool label. */
  readonly name?: string
  readonly workers: number
}

export interface ClusterPlan {
  readonly masters: number
  readonly pools: readonly PoolPlan[]
  readonly zones: number
  /** Neighbours share one: machine i of n stands in rack ⌊i × racks ÷ n⌋. Masters stand in none. */
  readonly racks: number
  /** Do the nodes carry zone labels? */
  readonly zoneLabels: boolean
}

/** Some of the machines, in the order of their names. All conditions hold together; none = every machine. */
export interface Selection {
  readonly nodes?: readonly string[]
  readonly role?: 'master' | 'worker'
  readonly pool?: string
  /** a, b, c … */
  readonly zone?: string
  /** 1, 2, 3 … */
  readonly rack?: number
  readonly first?: number
  readonly percent?: number
}

interface Timed {
  readonly at: Millis
  /** Undefined: until the end. */
  readonly forMs?: Millis
  /** Comes and goes while it lasts: there for `onMs`, away for `offMs`. */
  readonly flaps?: { readonly onMs: Millis; readonly offMs: Millis }
}

/** A trouble of machines. `spreadMs`: each machine so much later than the one before it, and each for its whole time. */
export interface MachineFault extends Timed {
  readonly what: TroubleKind
  readonly on: Selection
  readonly cure?: Cure
  readonly direction?: 'both' | 'in' | 'out'
  readonly loss?: number
  readonly spreadMs?: Millis
}

/**
 * A trouble of the world. `api`: the server is away. `heald-api`, `heald-nodes`, `cloud`: heald's way there is cut.
 * `clock`: heald's wall clock is wrong by `skewMs`. `cloud-slow` answers after `delayMs`, `cloud-stale` what was so when
 * it began, `cloud-lies` says `says` of the machines of `on`.
 */
export type WorldFault = Timed &
  (
    | { readonly what: 'api' | 'heald-api' | 'heald-nodes' | 'cloud' | 'cloud-stale' }
    | { readonly what: 'clock'; readonly skewMs: Millis }
    | { readonly what: 'cloud-slow'; readonly delayMs: Millis }
    | { readonly what: 'cloud-lies'; readonly says: Lie; readonly on: Selection }
  )

/** What somebody else does to nodes. `autoscaler`: its mark that it is deleting them. `reboot`: of the machine. */
export interface OtherAct {
  readonly what: 'cordon' | 'uncordon' | 'autoscaler' | 'reboot'
  readonly at: Millis
  readonly on: Selection
  readonly spreadMs?: Millis
}

export type OutageEvent = MachineFault | WorldFault | OtherAct

/** A cluster, and what happens to it. */
export interface Outage {
  readonly title: string
  readonly cluster: ClusterPlan
  readonly events: readonly OutageEvent[]
  readonly durationMs: Millis
}
