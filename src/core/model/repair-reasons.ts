import type { ProviderErrorKind } from './instance.ts'
import type { OutsideReason } from './reasons.ts'

/** Why a repair is in its phase: every reason that heald gives. `core/explain/repair-reasons.ts` has a text for each. */
export type PhaseReason =
  | 'Abandoning'
  | 'ByHand'
  | 'DryRun'
  | 'InstanceGone'
  | 'NeedsHuman'
  | 'NeverJoined'
  | 'NodeGone'
  | 'NodeReplaced'
  | 'NotTakenBack'
  | 'PolicyChanged'
  | 'Recovered'
  | 'RecoveredFirst'
  | 'Repaired'
  | 'RequestOver'
  | 'Resumed'
  | 'Withdrawn'

/** Why an attempt failed, was not sent, or has an outcome that nobody knows. */
export type AttemptReason =
  | ProviderErrorKind
  | 'CloudFailed'
  | 'Deadline'
  | 'DryRun'
  | 'InstanceGone'
  | 'NeverJoined'
  | 'NodeGone'
  | 'NotSent'
  | 'SoakFailed'
  | 'VerifyDeadline'

/** As stored: another version of heald, or a person, may have written a reason that is not in the list. */
export type StoredPhaseReason = PhaseReason | OutsideReason
export type StoredAttemptReason = AttemptReason | OutsideReason
