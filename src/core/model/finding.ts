import type { Millis } from './primitives.ts'

/** An independent source of evidence. `Ready=Unknown` is of the lease plane: kube-controller-manager derives it. */
export type EvidenceSource = 'kubelet' | 'lease' | 'probe' | 'cloud' | 'alert'

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
}

/** One (node, check) pair in time. `failingSince` is kept through short passes (hysteresis) and restarted by gaps in our own sight. */
export interface CheckClock {
  readonly check: CheckInfo
  readonly finding: Finding
  readonly failingSince: Millis | undefined
  readonly passingSince: Millis | undefined
  /** Since when it has said nothing without a break. */
  readonly unknownSince?: Millis
}
