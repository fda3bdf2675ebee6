import { MARKS_ANNOTATION } from '../annotations/marks.ts'
import { SKIP } from '../annotations/skip.ts'

/** What would make a gate say yes, in a person's words. By reason where that tells more than the gate. */
const BY_REASON: Readonly<Record<string, string>> = {
  StopFile: 'the stop file is removed',
  CloudSwitchOff: 'the cloud switches healing on again, or ends what it is doing with the cluster',
  SkipMalformed: `${SKIP} is removed from the node, or set to "false"`,
  RoleDisabled: 'the configuration enables healing of this role',
  LedgerUnreadable: 'the unreadable NodeRepair is repaired or deleted',
  ClockSkew: "the clock of heald's machine is set right",
  MassSilence: 'the nodes are heard again',
  RepairsBehind: "heald's copy of the NodeRepairs catches up, which takes moments",
  SightRegained: 'the node goes on failing now that heald sees again',
  Parked: 'the node is well for the soak, or `heald resume NODE`',
  Withdrawn: 'the undo ends; after that a new repair may open',
  AgeUnknown: 'the Node object gets a readable creation time',
  NotFailing: 'a check that fails',
  AttemptUnreadable: 'the NodeRepair is repaired or deleted',
  NotProvenOff: 'the cloud calls the machine off',
  Contradicted: 'the sources stop contradicting each other',
  OnePlane: 'a second, independent source says that the node is broken',
  NodeGone: 'the node registers again; without it the repair is cancelled',
  IdentityMismatch: "the node's providerID and the machine's identity agree again",
  IdentityAmbiguous: 'only one machine is left that could be this node',
  InstanceGone: 'the machine comes back, or the Node object is deleted',
  CordonedByOther: '`kubectl uncordon NODE`, or actOnCordoned: true in the configuration',
  MarksUnreadable: `the annotation ${MARKS_ANNOTATION} is removed`,
  CloudTask: 'the cloud finishes its task',
  BudgetSpent: 'an act leaves the window',
  Lemon: 'a person repairs or removes the machine, or an old repair leaves the window',
  VolumesUnknown: 'the volumes have been looked up, which takes moments',
  EmptyLadder: 'the configuration allows a rung',
  OneAtATime: 'the next look, a moment later',
}

const BY_GATE: Readonly<Record<string, string>> = {
  Paused: '`heald resume`',
  OptedOut: `${SKIP} is removed from the node`,
  LedgerUsable: 'the NodeRepair CRD of this version is installed (manifests/)',
  OwnSight: 'heald sees its sources again',
  AlreadyInRepair: 'the repair under way ends',
  StartupGrace: 'the node gets older',
  UnhealthyFor: 'the check goes on failing',
  Witness: 'evidence that the node is broken',
  Identity: 'the cloud answers which machine this is',
  OtherActor: 'the other actor finishes, and takes its mark away',
  CorrelatedCause: 'the repair of the first one has helped, or ends',
  ZoneHold: 'enough nodes of the zone are well again',
  Breaker: `enough nodes are well again, or are taken out by ${SKIP}`,
  InFlight: 'a repair under way ends',
  Quorum: 'another control-plane node is healthy again',
  Rate: 'older repairs leave the window',
  LocalData: '`heald approve REPAIR replace`',
  Approval: '`heald approve REPAIR RUNG`',
  Rung: 'the cloud says that the rung is possible',
  OwnNode: 'another replica leads',
}

export function remedyFor(gate: string, reason: string): string {
  return BY_REASON[reason] ?? BY_GATE[gate] ?? 'unknown'
}
