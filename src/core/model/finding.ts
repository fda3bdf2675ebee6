import type { Millis } from './primitives.ts'

/** An independent source of evidence. `Ready=Unknown` is of the lease plane: kube-controller-manager derives it. */
export type EvidenceSource = 'kubelet' | 'lease' | 'probe' | 'cloud' | 'alert' | 'person'

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
  readonly plane?: EvidenceSource
  /** Overrides the check's symptom for this finding, e.g. `Silent` for `Ready=Unknown`, where the check itself says `NotReady`. */
  readonly symptom?: string
}

/** Has its time passed? An expired finding says nothing any more: it counts as `unknown`. */
export function isExpired({ validUntil }: Finding, now: Millis): boolean {
  return validUntil !== undefined && now >= validUntil
}

/** So many changes from pass to fail or back within the window are a fault of their own. */
export interface FlappingRule {
  readonly changes: number
  readonly windowMs: Millis
}

/** How a check has gone to and fro lately. */
export interface Flaps {
  /** When it changed, the newest last: no more of them than the rule asks for. */
  readonly changes: readonly Millis[]
  /** What was seen when it last began to fail. */
  readonly failed: Finding | undefined
  /** Set while it flaps: the first of the changes that made it so. */
  readonly since: Millis | undefined
}

/** Identity of one configured check of one role. */
export interface CheckInfo {
  /** Unique within the role, e.g. `NodeCondition` or `NodeCondition#2`. */
  readonly name: string
  readonly type: string
  readonly plane: EvidenceSource
  /** What is wrong when it fails, in the same words for checks that see the same thing: `NotReady`, `Unreachable`, ... */
  readonly symptom: string
  readonly unhealthyDurationMs: Millis
  readonly healthyDurationMs: Millis
  /** Undefined: its changes are not counted. */
  readonly flapping?: FlappingRule | undefined
}

/** One (node, check) pair in time. `failingSince` is kept through short passes (hysteresis) and restarted by gaps in our own sight. */
export interface CheckClock {
  readonly check: CheckInfo
  /** What the check says of the node: the last look, or `Flapping`, which that look is made into. */
  readonly finding: Finding
  /** The last look itself, where `finding` is not it. */
  readonly seen?: Finding | undefined
  readonly failingSince: Millis | undefined
  /** Of the last looks: it is set while a flapping check passes, too. */
  readonly passingSince: Millis | undefined
  /** Since when it has said nothing without a break. */
  readonly unknownSince?: Millis | undefined
  readonly flaps?: Flaps | undefined
  /** It has not passed since this process first looked. */
  readonly neverPassed?: true
}
