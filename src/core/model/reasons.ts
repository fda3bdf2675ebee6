/**
 * Why a gate of heald says no: every reason there is. `core/explain/hints.ts` says of each what would change the
 * answer; a reason without a remedy does not compile.
 */
export type HoldReason =
  // evidence
  | 'AgeUnknown'
  | 'AttemptUnreadable'
  | 'Blind'
  | 'ClockSkew'
  | 'CloudBlamed'
  | 'CloudConflict'
  | 'CloudContradicted'
  | 'CloudInvalid'
  | 'CloudNotAsked'
  | 'CloudNotFound'
  | 'CloudThrottled'
  | 'CloudUnauthorized'
  | 'CloudUnavailable'
  | 'CloudUnsupported'
  | 'Contradicted'
  | 'FlappingRests'
  | 'FlappingTogether'
  | 'FlapsAfterReboot'
  | 'GoneNotYet'
  | 'HeartbeatsLate'
  | 'IdentityAmbiguous'
  | 'IdentityMismatch'
  | 'InstanceChanged'
  | 'InstanceGone'
  | 'LedgerNotTried'
  | 'LedgerUnreadable'
  | 'LedgerUnusable'
  | 'MassSilence'
  | 'NoCloud'
  | 'NodeGone'
  | 'NodeUIDChanged'
  | 'NoEvidence'
  | 'NotFailing'
  | 'NotProvenOff'
  | 'NotYet'
  | 'OnePlane'
  | 'OnlyCloudSaysGone'
  | 'OnlyUnheard'
  | 'RepairsBehind'
  | 'SightRegained'
  | 'TooYoung'
  // limits
  | 'AlreadyInRepair'
  | 'AnotherStarts'
  | 'BreakerOpen'
  | 'BudgetSpent'
  | 'CanaryFailed'
  | 'ClusterBreakerOpen'
  | 'ControlPlaneInRepair'
  | 'DelayAfterReboot'
  | 'EmptyLadder'
  | 'InstanceInRepair'
  | 'Lemon'
  | 'MasterNotAlone'
  | 'OneAtATime'
  | 'OwnNode'
  | 'Parked'
  | 'PoolInRepair'
  | 'QuorumAtRisk'
  | 'SerialCause'
  | 'SmallPoolNotAlone'
  | 'RungSpent'
  | 'WaitsForCanary'
  | 'Withdrawn'
  | 'ZoneDown'
  // people, and others who have the node in hand
  | ActorReason
  | 'AnotherHeald'
  | 'ApprovalExpired'
  | 'ApprovalUnreadable'
  | 'BootedByOther'
  | 'CloudSwitchOff'
  | 'CloudTask'
  | 'CordonedByOther'
  | 'MarksUnreadable'
  | 'NeedsApproval'
  | 'NodeDeleting'
  | 'NotOurs'
  | 'OptedOut'
  | 'Paused'
  | 'RoleDisabled'
  | 'SkipMalformed'
  | 'StopFile'
  | 'VolumesUnknown'

/** What another program or a person is doing with the node, by the mark that it left there. */
export type ActorReason =
  | 'AutoscalerDeleting'
  | 'KarpenterDisrupting'
  | 'MachineDeleting'
  | 'Maintenance'
  | 'OtherHealer'
  | 'OutOfService'
  | 'Rebooting'
  | 'RollingOut'
  | 'Terminating'
  | 'Upgrading'

/** A reason that a provider gave, or a leader of another version: PascalCase like ours, but the list is not known here. */
export type OutsideReason = string & { readonly from: 'outside' }

/** A gate's reason. A passing gate says `Ok`, or that the repair opens and then waits for a person. */
export type GateReason = HoldReason | OutsideReason | 'Ok' | 'OpensForApproval'

/** Marks a reason as one that came from outside. */
export function outsideReason(reason: string): OutsideReason {
  return reason as OutsideReason
}
