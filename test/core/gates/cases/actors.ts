import { MARKS_ANNOTATION } from '../../../../src/core/annotations/marks.ts'
import { instance, MINUTE, NOW, oneBrokenWorker, repair, suspicion } from '../../../support/pure/view.ts'
import { BROKEN, type HoldCase, withNode } from './pictures.ts'

export const ACTORS: readonly HoldCase[] = [
  {
    gate: 'OtherActor',
    reason: 'NodeDeleting',
    when: 'the Node is being deleted',
    view: withNode({ deleting: true }),
    says: /being deleted/,
  },
  {
    gate: 'OtherActor',
    reason: 'ConfiguredActor',
    when: 'it carries a mark that the configuration names',
    view: withNode({ inHands: 'taint example.com/draining' }),
    says: /the node carries the taint example.com\/draining, by which otherActors/,
  },
  {
    gate: 'OtherActor',
    reason: 'CordonedByOther',
    when: 'a person cordoned it before it failed',
    view: withNode(
      { unschedulable: true },
      { suspicions: [suspicion('w0', [BROKEN], { cordonedSince: NOW - 11 * MINUTE })] },
    ),
    says: /cordoned the node 11m ago/,
  },
  {
    gate: 'OtherActor',
    reason: 'CordonedByOther',
    when: 'it was cordoned when heald first saw it',
    view: withNode({ unschedulable: true }),
    says: /before heald first saw it/,
  },
  {
    gate: 'OtherActor',
    reason: 'AnotherHeald',
    when: 'a heald with another Lease has it in repair',
    view: oneBrokenWorker({
      rest: {
        installation: {
          owner: 'kube-system/heald',
          others: new Map([
            ['theirs', repair('w0', { phase: 'Verifying' }, { name: 'theirs', spec: { owner: 'a/b' } })],
          ]),
        },
      },
    }),
    says: /another heald, Lease a\/b, has it in repair \(theirs, Verifying\)/,
  },
  {
    gate: 'OtherActor',
    reason: 'AnotherHeald',
    when: 'it bears the marks of a heald with another Lease',
    view: withNode({
      annotations: {
        [MARKS_ANNOTATION]: '{"owner":"a/b","repair":"w0-9","cordon":false,"scaleDownDisabled":true}',
      },
    }),
    says: /another heald, Lease a\/b, has marked the node/,
  },
  {
    gate: 'OtherActor',
    reason: 'MarksUnreadable',
    when: 'nobody can read whose cordon it is',
    view: withNode({ unschedulable: true, annotations: { [MARKS_ANNOTATION]: '{"cordon": "maybe"}' } }),
    says: /heald\.dev\/marks is unreadable/,
  },
  {
    gate: 'OtherActor',
    reason: 'AutoscalerDeleting',
    when: 'the autoscaler deletes it',
    view: withNode({ taints: [{ key: 'ToBeDeletedByClusterAutoscaler', effect: 'NoSchedule' }] }),
    says: /autoscaler is deleting/,
  },
  {
    gate: 'OtherActor',
    reason: 'Terminating',
    when: 'the cloud takes the machine away',
    view: withNode({ taints: [{ key: 'aws-node-termination-handler/spot-itn', effect: 'NoSchedule' }] }),
    says: /takes the machine away/,
  },
  ...['medik8s.io/remediation', 'medik8s.io/fence-agents-remediation', 'remediation.medik8s.io/exclude'].map(
    (key): HoldCase => ({
      gate: 'OtherActor',
      reason: 'OtherHealer',
      when: `medik8s repairs it (${key})`,
      view: withNode({ taints: [{ key, effect: 'NoExecute' }] }),
      says: /another healer \(medik8s\) is repairing/,
    }),
  ),
  {
    gate: 'OtherActor',
    reason: 'Maintenance',
    when: 'medik8s drains it, which it says more exactly',
    view: withNode({ taints: [{ key: 'medik8s.io/drain', effect: 'NoSchedule' }] }),
    says: /node maintenance operator/,
  },
  {
    gate: 'OtherActor',
    reason: 'Rebooting',
    when: 'kured reboots it',
    view: withNode({ annotations: { 'weave.works/kured-reboot-in-progress': '2026-05-01T12:00:00Z' } }),
    says: /kured is rebooting/,
  },
  {
    gate: 'OtherActor',
    reason: 'CloudTask',
    when: 'the cloud is at work on the machine',
    view: oneBrokenWorker({ instances: { w0: instance('w0', { task: 'migrating' }) } }),
    says: /migrating/,
  },
  {
    gate: 'OtherActor',
    reason: 'BootedByOther',
    when: 'its machine booted after it began to fail, and heald has done nothing yet',
    view: oneBrokenWorker({ instances: { w0: instance('w0', {}, { bootedAfter: NOW - 4 * MINUTE }) } }),
    says: /booted within the last 4m, after the node began to fail and not by heald: .* 10m are waited/,
    changesAt: NOW + 6 * MINUTE,
  },
]
