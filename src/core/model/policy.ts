import type { Millis, Role } from './primitives.ts'
import type { RungName, RungTimes } from './rungs.ts'

/** A share of a group: `percent` of it rounded down, but at least `min`. */
export interface Share {
  readonly percent: number
  readonly min: number
}

export interface RungPolicy extends RungTimes {
  readonly rung: RungName
  /** A person must approve this rung. */
  readonly approval: boolean
  /** Not sooner than this after the repair's last confirmed reboot (magnum-auto-healer's `rebuild-delay-after-reboot`). */
  readonly delayAfterRebootMs: Millis
}

export interface RolePolicy {
  readonly enabled: boolean
  readonly ladder: readonly RungPolicy[]
}

/** The rules of `decide` and `advance`, all of them data. Built from the configuration by config/policy.ts. */
export interface Policy {
  /** Of everything below: stored in each repair. */
  readonly hash: string
  readonly roles: Readonly<Record<Role, RolePolicy>>
  readonly checkDelayAfterAddMs: Millis
  /** How long a machine may be without a Node; 0: machines without one are not looked for. 20m. */
  readonly nodeStartupMs: Millis
  readonly actOnCordoned: boolean
  readonly ownSight: {
    /** Blind for longer than this = hold. 30 s. */
    readonly blindMs: Millis
    /** Local clock further from the API server's Date than this = ClockSkew. 30 s. */
    readonly skewMs: Millis
    /** This percentage of at least `minLeases` leases stale within `windowMs` = our sight is blamed, not the nodes. 60 %, 5, 40 s. */
    readonly massPercent: number
    readonly massMinLeases: number
    readonly massWindowMs: Millis
    /** Gives way to Breaker after this long with our own renewals fine. 10m. */
    readonly massGiveWayMs: Millis
  }
  /** A heartbeat older than this is stale: 40 s. */
  readonly heartbeatMaxAgeMs: Millis
  readonly correlated: { readonly windowMs: Millis; readonly minSuspects: number }
  /** Holds when a zone has at least `minBad` and `percent` of its nodes bad: 3 and 55. */
  readonly zone: { readonly minBad: number; readonly percent: number }
  /** Holds when MORE than this percentage is bad. In a pool of at most `smallPool` one bad node passes alone. 20, 34, 4. */
  readonly breaker: { readonly poolPercent: number; readonly clusterPercent: number; readonly smallPool: number }
  readonly inFlight: { readonly pool: Share; readonly masters: number }
  /** Overrides the highest control-plane count seen in 7 days. */
  readonly controlPlaneSize: number | undefined
  /** The same of etcd nodes. */
  readonly etcdSize: number | undefined
  readonly rate: {
    readonly perNode: number
    readonly perNodeWindowMs: Millis
    readonly perHour: number
    readonly perDay: number
  }
  /** A parked or pending repair whose Node is gone this long is cancelled: 10m. */
  readonly nodeGoneMs: Millis
  /** Same-rung repeats of an attempt proven not sent: 2. */
  readonly maxNotSent: number
  /** Destructive rungs on nodes that hold local persistent volumes need an approval. */
  readonly protectLocalData: boolean
}
