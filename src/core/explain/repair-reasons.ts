import type { AttemptReason, PhaseReason } from '../model/repair-reasons.ts'

/** What a repair's reason means: the column REASON of `kubectl get nr`. */
export const PHASE_REASONS: Readonly<Record<PhaseReason, string>> = {
  Abandoning: "the attempt has failed; what it left at the cloud is taken back. The attempt's own reason says why",
  ByHand: 'a person has repaired the node: it was well for the whole soak',
  DryRun: 'dry-run was turned on, or the repair is one that dry-run only thinks of',
  InstanceGone: 'the machine is gone at the cloud',
  NeedsHuman: 'no rung is left that heald may try',
  NeverJoined: 'the machine was replaced, and the new one was not proven in time',
  NodeGone: 'the Node object was removed, and did not come back',
  NodeReplaced: 'another machine, or one that nobody knows, registered under the name of the node',
  NotTakenBack: 'what a failed attempt left at the cloud could not be taken back in time',
  PolicyChanged: 'the configuration allows no rung any more',
  Recovered: 'the node was well again, or no check of it failed any more, before heald did anything more',
  RecoveredFirst:
    'the node was well before the reboot could have helped, and stayed so for the whole soak: no proof that this rung helps',
  Repaired: 'the rung helped: the node was well for the whole soak',
  RequestOver: 'a person asked for it, and took that back or let it expire before anything was done',
  Resumed: 'a person gave the node back to heald (`heald resume`)',
  Withdrawn:
    'a person deleted the NodeRepair, or the one before: the node is left alone until it is well, or `heald resume`',
}

/** What the reason of an attempt means. */
export const ATTEMPT_REASONS: Readonly<Record<AttemptReason, string>> = {
  CloudFailed: 'the cloud says that the act failed',
  Deadline: 'the cloud did not confirm the act in time',
  DryRun: 'dry-run was turned on in the act',
  InstanceGone: 'the machine vanished in the act or after it',
  NeverJoined: 'the new machine was not proven in time',
  NodeGone: 'the Node left again during the soak',
  NotSent: 'proven that nothing changed at the cloud; the rung may be tried again',
  SoakFailed: 'the node failed again during the soak',
  VerifyDeadline: 'the act was not proven in time: no new boot, no fresh heartbeat, or a check that does not pass',
  conflict: 'outcome unknown: the cloud was busy with the machine',
  invalid: "outcome unknown: heald could not make sense of the cloud's answer",
  'not-found': 'outcome unknown: the cloud does not know the machine',
  throttled: 'outcome unknown: the cloud asks for fewer requests',
  unauthorized: 'outcome unknown: the cloud refuses the credentials',
  unavailable: 'outcome unknown: the cloud did not answer',
  unsupported: 'outcome unknown: the cloud can not do this',
}
