import type { ActorReason } from '../model/reasons.ts'

/** A mark that another program or person leaves on a Node while it has the node in hand. */
export interface ActorMark {
  readonly reason: ActorReason
  /** Who that is, in words. */
  readonly actor: string
}

/**
 * Taints that say "hands off". `DeletionCandidateOfClusterAutoscaler` is not one of them: it is a thought, not an act.
 * Keys ending in `/` stand for all taints below that prefix.
 */
export const ACTOR_TAINTS: Readonly<Record<string, ActorMark>> = {
  ToBeDeletedByClusterAutoscaler: {
    reason: 'AutoscalerDeleting',
    actor: 'the cluster autoscaler is deleting the node',
  },
  'karpenter.sh/disrupted': { reason: 'KarpenterDisrupting', actor: 'Karpenter is taking the node away' },
  'karpenter.sh/disruption': { reason: 'KarpenterDisrupting', actor: 'Karpenter is taking the node away' },
  'node.kubernetes.io/out-of-service': { reason: 'OutOfService', actor: 'somebody declared the node out of service' },
  'node.cluster.x-k8s.io/outdated-revision': { reason: 'RollingOut', actor: 'Cluster API is rolling the machine over' },
  'medik8s.io/drain': { reason: 'Maintenance', actor: 'the node maintenance operator is draining the node' },
  'medik8s.io/': { reason: 'OtherHealer', actor: 'another healer (medik8s) is repairing the node' },
  'remediation.medik8s.io/': { reason: 'OtherHealer', actor: 'another healer (medik8s) is repairing the node' },
  'kubevirt.io/drain': { reason: 'Maintenance', actor: 'KubeVirt machines are being moved off the node' },
  'aws-node-termination-handler/': {
    reason: 'Terminating',
    actor: 'the cloud announced that it takes the machine away',
  },
}

/** Annotations that say "hands off" while they have the value given (`undefined`: any value but "false"). */
export const ACTOR_ANNOTATIONS: Readonly<Record<string, ActorMark & { readonly value?: string }>> = {
  'weave.works/kured-reboot-in-progress': { reason: 'Rebooting', actor: 'kured is rebooting the node' },
  'kured.dev/kured-reboot-in-progress': { reason: 'Rebooting', actor: 'kured is rebooting the node' },
  'weave.works/kured-node-lock': { reason: 'Rebooting', actor: 'kured holds its lock on the node' },
  'kured.dev/kured-node-lock': { reason: 'Rebooting', actor: 'kured holds its lock on the node' },
  'flatcar-linux-update.v1.flatcar-linux.net/reboot-in-progress': {
    reason: 'Rebooting',
    actor: "Flatcar's update operator is rebooting the node",
  },
  'container-linux-update.v1.coreos.com/reboot-in-progress': {
    reason: 'Rebooting',
    actor: "Container Linux' update operator is rebooting the node",
  },
  'machineconfiguration.openshift.io/state': {
    reason: 'Upgrading',
    actor: 'the machine config operator is changing the node',
    value: 'Working',
  },
  'cluster.x-k8s.io/delete-machine': { reason: 'MachineDeleting', actor: 'Cluster API will delete the machine' },
  'cluster.k8s.io/delete-machine': { reason: 'MachineDeleting', actor: 'Cluster API will delete the machine' },
  'machine.openshift.io/delete-machine': {
    reason: 'MachineDeleting',
    actor: 'the machine API will delete the machine',
  },
}
