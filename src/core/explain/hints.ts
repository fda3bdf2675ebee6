import { MARKS_ANNOTATION } from '../annotations/marks.ts'
import { SKIP } from '../annotations/skip.ts'
import type { WaitReason } from '../model/effects.ts'
import type { GateReason, HoldReason } from '../model/reasons.ts'

const OTHER_ACTOR = 'the other actor finishes, and takes its mark away'
const WHICH_MACHINE = 'the cloud answers which machine this is'
const APPROVE = '`heald approve REPAIR RUNG`'
const APPROVE_REPLACE = '`heald approve REPAIR replace`'
const SEES_AGAIN = 'heald sees its sources again'

/** What would make a gate say yes, in a person's words. */
export const REMEDIES: Readonly<Record<HoldReason, string>> = {
  AnotherHeald: 'the other heald is done with the node, or is taken away: one Lease per cluster',
  AgeUnknown: 'the Node object gets a readable creation time',
  AttemptUnreadable: 'the NodeRepair is repaired or deleted',
  Blind: SEES_AGAIN,
  ClockSkew: "the clock of heald's machine is set right",
  CloudBlamed: 'the cloud finds the machines again, or a person looks at it',
  CloudConflict: WHICH_MACHINE,
  CloudContradicted: 'the cloud agrees with what is seen of its machines',
  CloudInvalid: WHICH_MACHINE,
  CloudNotAsked: WHICH_MACHINE,
  CloudNotFound: WHICH_MACHINE,
  CloudThrottled: WHICH_MACHINE,
  CloudUnauthorized: WHICH_MACHINE,
  CloudUnavailable: WHICH_MACHINE,
  CloudUnsupported: WHICH_MACHINE,
  Contradicted: 'the sources stop contradicting each other',
  FlappingRests: 'the check fails again; a whole window without a change ends it',
  FlappingTogether: 'the others of its pool or zone stay well; or `heald approve`',
  FlapsAfterReboot: '`heald approve` of the next rung, or a whole window without a change',
  GoneNotYet: 'the cloud goes on saying that the machine is gone',
  HeartbeatsLate:
    'the heartbeats arrive again, or the ports stop answering; of one alone that has been rebooted, a person approves more',
  IdentityAmbiguous: 'only one machine is left that could be this node',
  IdentityMismatch: "the node's providerID and the machine's identity agree again",
  InstanceChanged: WHICH_MACHINE,
  InstanceGone: 'the machine comes back, or the Node object is deleted',
  LedgerNotTried: 'the leader tries it when its term begins',
  LedgerUnreadable: 'the unreadable NodeRepair is repaired or deleted',
  LedgerUnusable: 'the NodeRepair CRD of this version is installed (manifests/)',
  MassSilence: 'the nodes are heard again',
  NoCloud: 'cloudProvider names a cloud; dry-run tells without one what would be done',
  NodeGone: 'the node registers again; without it the repair is cancelled',
  NodeUIDChanged: WHICH_MACHINE,
  NoEvidence: 'evidence that the node is broken',
  NotFailing: 'a check that fails',
  NotProvenOff: 'the cloud calls the machine off',
  NotYet: 'the check goes on failing',
  OnePlane: 'a second, independent source says that the node is broken',
  OnlyCloudSaysGone: WHICH_MACHINE,
  OnlyUnheard: `the cloud or the kubelet says that the machine is broken, or ${APPROVE_REPLACE}`,
  RepairsBehind: "heald's copy of the NodeRepairs catches up, which takes moments",
  SightRegained: 'the node goes on failing now that heald sees again',
  StoodStill:
    'heald has looked at everything again, which takes moments; more often than now and then, its machine or its CPU limit gives it too little',
  TooYoung: 'the node gets older',
  AlreadyInRepair: 'the repair under way ends',
  AnotherStarts: 'the machine that is being started is Ready, or is given up',
  BreakerOpen: `enough nodes are well again, or are taken out by ${SKIP}`,
  BudgetSpent: 'an act leaves the window',
  CanaryFailed:
    'the first one is well again, a person resumes or approves its repair, or the cloud calls one of them off',
  CancelledBefore:
    'time passes: a minute, twice as long each time, an hour at most; and whoever cancels its repairs stops',
  ClusterBreakerOpen: `enough nodes are well again, or are taken out by ${SKIP}`,
  ControlPlaneInRepair: 'a repair under way ends',
  DelayAfterReboot: 'the cloud says that the rung is possible',
  EmptyLadder: 'the configuration allows a rung',
  InstanceInRepair: 'the repair under way ends',
  MasterNotAlone: 'the others are well again, or the cloud says that this machine is off or broken',
  Lemon: 'a person repairs or removes the machine, or an old repair leaves the window',
  OneAtATime: 'the next look, a moment later',
  OwnNode: 'another replica leads',
  Parked: 'the node is well for the soak, or `heald resume NODE`',
  PoolInRepair: 'a repair under way ends',
  QuorumAtRisk:
    'another node of the control plane, or of etcd, is healthy again; after a scale-down 7 days pass, or controlPlaneSize (etcdSize) is set',
  SerialCause: 'a person approves the repair or one of its pool, or the node is well by itself',
  SmallPoolNotAlone: 'the bad nodes of other pools are well again',
  RungNotOnLadder: 'the person asks for a rung of the ladder, or takes the request back: `heald repair NODE --cancel`',
  RungSpent: 'a person repairs the machine, or an old repair leaves the window',
  WaitsForCanary: 'the repair of the first one has helped, or ends',
  Withdrawn: 'the undo ends; after that the node is left alone until it is well, or until `heald resume NODE`',
  ZoneDown: 'enough nodes of the zone are well again',
  AutoscalerDeleting: OTHER_ACTOR,
  ConfiguredActor: 'the other actor finishes, and takes its mark away; or otherActors in the configuration changes',
  KarpenterDisrupting: OTHER_ACTOR,
  MachineDeleting: OTHER_ACTOR,
  Maintenance: OTHER_ACTOR,
  OtherHealer: OTHER_ACTOR,
  OutOfService: OTHER_ACTOR,
  Rebooting: OTHER_ACTOR,
  RollingOut: OTHER_ACTOR,
  Terminating: OTHER_ACTOR,
  Upgrading: OTHER_ACTOR,
  ApprovalExpired: APPROVE,
  ApprovalUnreadable: APPROVE,
  BootedByOther: 'its new boot makes it well, or has had its time',
  CloudSwitchOff: 'the cloud switches healing on again, or ends what it is doing with the cluster',
  CloudTask: 'the cloud finishes its task',
  CordonedByOther: '`kubectl uncordon NODE`, or actOnCordoned: true in the configuration',
  MarksUnreadable: `the annotation ${MARKS_ANNOTATION} is removed`,
  NeedsApproval: APPROVE,
  NodeDeleting: OTHER_ACTOR,
  NotOurs:
    'nothing: its machine is not in the hands of the configured cloud; `notOursLabels` names the labels that say so',
  OptedOut: `${SKIP} is removed from the node`,
  Paused: '`heald resume`',
  RoleDisabled: 'the configuration enables healing of this role',
  SkipMalformed: `${SKIP} is removed from the node, or set to "false"`,
  StopFile: 'the stop file is removed',
  VolumesUnknown: 'the volumes have been looked up, which takes moments',
}

/** Where two gates give the same reason and the remedy differs: by gate and reason. */
const BY_GATE: Readonly<Record<string, string>> = {
  'OwnSight/CloudUnauthorized': SEES_AGAIN,
  'OwnSight/CloudUnavailable': SEES_AGAIN,
  'LocalData/ApprovalExpired': APPROVE_REPLACE,
  'LocalData/ApprovalUnreadable': APPROVE_REPLACE,
  'LocalData/NeedsApproval': APPROVE_REPLACE,
}

/** What ends a wait for others, when every gate says yes. */
export const HINT_FOR_WAIT: Readonly<Record<WaitReason, string>> = {
  Gathering: 'the other one is due too, or is well',
  Locked: 'the act under way ends',
  Companion: 'the other one can go on too, or ends its part',
  Backoff: 'a moment later it is tried again',
}

export function hintFor(gate: string, reason: GateReason): string {
  if (!isHoldReason(reason)) return 'the cloud says that the rung is possible'
  return BY_GATE[`${gate}/${reason}`] ?? REMEDIES[reason]
}

function isHoldReason(reason: string): reason is HoldReason {
  return Object.hasOwn(REMEDIES, reason)
}
