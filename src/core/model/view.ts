import type { CheckClock, EvidenceSource, Finding } from './finding.ts'
import type { InstanceView, MissingMember } from './instance.ts'
import type { Heartbeat, NodeFacts } from './node.ts'
import type { Installation, NodeRepair, RepairRequest } from './node-repair.ts'
import type { Json, Millis } from './primitives.ts'
import type { GateReason, HoldReason } from './reasons.ts'
import type { RungName } from './rungs.ts'

/** A node with at least one check failing now, or with an open repair. Everything else is not looked at by `decide`. */
export interface Suspicion {
  readonly node: string
  /** Every configured check of the node's role. */
  readonly clocks: readonly CheckClock[]
  /**
   * What is always observed, configured as a check or not: the heartbeat (`lease`, symptom `Silent`), the kubelet's own
   * Ready (`kubelet`, symptom `NotReady`), a TCP handshake with the kubelet (`probe`, symptom `Unreachable`).
   * The cloud's word is in View.instances.
   */
  readonly witnesses: readonly Witness[]
  /** When our watch saw the node become unschedulable; -Infinity when it was so at first sight; undefined when it is not. */
  readonly cordonedSince: Millis | undefined
  /** Local persistent volumes on this node; undefined when not looked up (unknown). */
  readonly localVolumes: readonly string[] | undefined
  /** A person's word that the node is broken, while nothing was done by it; one of `clocks` stands for it. */
  readonly request?: RepairRequest
}

export interface Witness {
  readonly plane: EvidenceSource
  readonly symptom: string
  readonly finding: Finding
}

/** Whether we ourselves can see. A blind observer has no opinion. */
export interface SourceHealth {
  /** Set while a source of truth is blind: since when, and which. The earliest one. */
  readonly blindSince: Millis | undefined
  readonly blindSource: string | undefined
  /** When all sources were seen again after the last gap longer than `blindMs`; the clocks run from here. */
  readonly seeingSince: Millis
  /** Set when our own process stood still, until everything was looked at again: until when, and for how long. */
  readonly stoodStill?: { readonly until: Millis; readonly lostMs: Millis } | undefined
  /** Local wall clock minus the API server's Date. */
  readonly skewMs: Millis
  readonly leases: {
    readonly total: number
    /** The most leases that went stale within one window, among those stale now; nodes the cloud proves off not counted. */
    readonly staleTogether: number
    /** When that mass silence began. */
    readonly since: Millis | undefined
    /** Our own lease renewals have succeeded throughout. */
    readonly ownRenewalsFine: boolean
  }
  /** Set while the cloud can't be asked, with kind and text. */
  readonly cloud: { readonly downSince: Millis; readonly reason: HoldReason; readonly message: string } | undefined
  /** Our store of repairs is older than our own last write: no repair opens. */
  readonly repairsBehind: boolean
  /** The NodeRepair CRD was tried and found able to fence. */
  readonly ledger: { readonly usable: boolean; readonly reason: string }
}

export interface Pause {
  readonly reason: string
  /** Calendar milliseconds; undefined = until the annotation goes. */
  readonly until: Millis | undefined
}

export interface Switches {
  readonly dryRun: boolean
  readonly paused: Pause | undefined
  /** By pool name. */
  readonly pools: ReadonlyMap<string, Pause>
  /** By node name; a malformed value pauses, and its reason says so. */
  readonly nodes: ReadonlyMap<string, Pause>
  /** From the cloud (`CloudProvider.switch`). */
  readonly cloud: { readonly on: boolean; readonly reason: string } | undefined
  /** Lowest gate of all: set while `--stop-file` exists. */
  readonly stopped: boolean
}

/** How long a repair has spent where it is. In memory only: begins anew at a takeover. */
export interface RepairTimer {
  /** What the times below belong to: phase, rung and attempt. A new stage starts at zero. */
  readonly stage: string
  /** Time in the present phase in which node, API and cloud were seen and nothing held the repair. */
  readonly countedMs: Millis
  /** How long every check has passed without a break; 0 while one does not. */
  readonly wellMs: Millis
  /** How long the Node object has been missing; 0 while it is there. Counted like `countedMs`. */
  readonly goneMs: Millis
  /** False until this leader itself has had the answer to the last step (its own or by `recover`). */
  readonly stepKnown: boolean
  /** The provider asked not to be called before this moment. */
  readonly nextStepAt: Millis
  /** What the last drain pass left; undefined before the first. */
  readonly drain: { readonly left: number; readonly blocked: readonly string[] } | undefined
  /** An effect of it is under way: it does one thing at a time. */
  readonly busy: boolean
  /** Effects that have failed since the last one that did not. */
  readonly failures: number
  /** Nothing is begun before this moment: something has failed, or was in the way at the second look. */
  readonly notBefore: Millis
  /** Until then a repair that is due waits for others of its batch; undefined before it has been due. */
  readonly gatherUntil: Millis | undefined
}

/** One consistent picture. The only thing that `decide`, `advance` and `explain` look at. */
export interface View {
  readonly now: Millis
  /** Calendar milliseconds: the API server's Date plus our monotonic clock. */
  readonly calendar: Millis
  readonly nodes: ReadonlyMap<string, NodeFacts>
  readonly heartbeats: ReadonlyMap<string, Heartbeat>
  readonly suspicions: ReadonlyMap<string, Suspicion>
  /** Nodes, suspect or not, that were silent or did not answer twice or more lately, and until when that counts. */
  readonly restless: ReadonlyMap<string, Millis>
  /** By repair name: open and finished ones, virtual ones of dry-run included. */
  readonly repairs: ReadonlyMap<string, NodeRepair>
  /** Which heald this is, and what of the repairs in the cluster is another one's. */
  readonly installation: Installation
  /** Node name -> why: repairs that can't be read or sealed. They park their node (LedgerUsable, reason LedgerUnreadable). */
  readonly unreadable: ReadonlyMap<string, string>
  /** By node name; suspects only. */
  readonly instances: ReadonlyMap<string, InstanceView>
  /** Machines of the cluster that no Node stands for. Only a leader knows; told, never acted upon. */
  readonly missing: readonly MissingMember[]
  readonly timers: ReadonlyMap<string, RepairTimer>
  readonly sight: SourceHealth
  readonly switches: Switches
  /** The highest number of control-plane nodes seen in 7 days. */
  readonly controlPlaneSeen: number
  /** The same of etcd nodes. */
  readonly etcdSeen: number
  /** The node this process runs on; undefined outside a cluster. */
  readonly ownNode: string | undefined
  /** True when another replica could take over now (decides OwnNode). */
  readonly takerPresent: boolean
}

/** What only a leader knows of its repairs, in its memory. A successor begins without it. */
export interface TermFacts {
  readonly timers: View['timers']
  /** Dry-run's stand-ins for repairs, by name. */
  readonly dryRunRepairs: View['repairs']
  /** Repairs that it could not read or seal, as in `View`. */
  readonly unreadable: View['unreadable']
  readonly repairsBehind: boolean
}

export interface GateResult {
  readonly gate: string
  readonly pass: boolean
  readonly reason: GateReason
  readonly message: string
  readonly have: Json
  readonly need: Json
  readonly changesAt?: Millis
}

/** `watch`: failing, but not due. `hold`: due, and a gate says no. `repair`: every gate says yes. */
export const VERDICTS = ['watch', 'hold', 'repair'] as const

export interface Verdict {
  readonly node: string
  readonly kind: (typeof VERDICTS)[number]
  readonly gates: readonly GateResult[]
  readonly rung: RungName | 'human' | undefined
  /** Name of the open repair this verdict continues, if there is one. */
  readonly repair: string | undefined
  readonly wakeAt: Millis | undefined
}

export interface Decision {
  readonly verdicts: ReadonlyMap<string, Verdict>
  readonly wakeAt: Millis | undefined
}

/** Of a replica that has not led since it began: nobody knows yet, which is no word against the ledger. */
export const LEDGER_NOT_TRIED: View['sight']['ledger'] = { usable: false, reason: 'NotTried' }

/** What there is to say of a node: of any name, suspect or not. */
export const EXPLANATIONS = ['unknown-node', 'healthy', ...VERDICTS] as const

export interface Explanation {
  readonly node: string
  readonly kind: (typeof EXPLANATIONS)[number]
  /** One sentence for a person. */
  readonly summary: string
  readonly rung: RungName | 'human' | undefined
  readonly gates: readonly GateResult[]
  readonly checks: readonly {
    readonly check: string
    readonly status: string
    readonly reason: string
    /** Of what could not be seen, and of what a person says. */
    readonly message?: string | undefined
    readonly failingForMs: Millis | undefined
    readonly needMs: Millis
  }[]
  readonly repair:
    | { readonly name: string; readonly phase: string; readonly reason: string; readonly message: string }
    | undefined
  /** Of the node's role; absent where the node is not known. */
  readonly ladder?: readonly RungName[]
  /** What a person asks for now, or asked for of its last repair. */
  readonly request?: RepairRequest | undefined
  /** What would change the answer, in words, one line each. */
  readonly changes: readonly string[]
}
