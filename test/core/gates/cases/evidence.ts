import {
  failing,
  HOUR,
  instance,
  MINUTE,
  NOW,
  oneBrokenWorker,
  passing,
  policy,
  repair,
  rung,
  SECOND,
  suspicion,
  witness,
} from '../../../support/pure/view.ts'
import {
  BROKEN,
  beatsOf,
  type HoldCase,
  late,
  many,
  PENDING,
  REPLACE_ONLY,
  SILENT,
  twoPlanes,
  UNHEARD,
  unheard,
  withNode,
} from './pictures.ts'

export const EVIDENCE: readonly HoldCase[] = [
  {
    gate: 'Witness',
    reason: 'Contradicted',
    when: 'another plane sees the same and finds it fine',
    view: oneBrokenWorker({
      suspicions: [suspicion('w0', [BROKEN], { witnesses: [witness('lease', 'NotReady', 'pass')] })],
    }),
    says: /NodeCondition \(by the kubelet's own report\) says NotReady, but the heartbeat finds no NotReady/,
  },
  {
    gate: 'Witness',
    reason: 'Contradicted',
    when: 'another check contradicts a replacement',
    view: oneBrokenWorker({
      suspicions: [suspicion('w0', [BROKEN, SILENT, passing({ name: 'Ping', plane: 'probe', symptom: 'Silent' })])],
    }),
    policy: REPLACE_ONLY,
    says: /NodeLease \(by the heartbeat\) says Silent, but Ping \(by a TCP probe\) finds no Silent/,
  },
  {
    gate: 'Witness',
    reason: 'OnePlane',
    when: 'a single plane asks for a replacement and another cannot look',
    view: oneBrokenWorker({
      suspicions: [suspicion('w0', [BROKEN], { witnesses: [witness('lease', 'Silent', 'unknown')] })],
    }),
    policy: REPLACE_ONLY,
    says: /only one source \(the kubelet's own report\) says/,
  },
  {
    gate: 'Witness',
    reason: 'HeartbeatsLate',
    when: 'two nodes are silent whose ports answer',
    view: late(10, 'w0', 'w1'),
    says: /2 nodes are silent while their ports answer and the cloud says that they run/,
  },
  {
    gate: 'UnhealthyFor',
    reason: 'NotYet',
    when: 'it is silent for less than twice the duration, and its port answers',
    view: late(9, 'w0'),
    says: /has failed for 9m, but the node's port answers.*twice 5m are waited/,
    kind: 'watch',
    changesAt: NOW + MINUTE,
  },
  {
    gate: 'Witness',
    reason: 'OnlyUnheard',
    when: 'nothing of it is heard, and no reboot was tried',
    view: oneBrokenWorker({ suspicions: [suspicion('w0', [SILENT], { witnesses: UNHEARD })] }),
    policy: REPLACE_ONLY,
    says: /no heartbeat and no handshake are one witness, the network, and no hard reboot was tried/,
  },
  {
    gate: 'Witness',
    reason: 'OnlyUnheard',
    when: 'nothing of it is heard, and the cloud shows no new boot',
    view: unheard({}, { bootMark: 'mark-1' }),
    says: /the cloud does not prove that its reboot took place/,
  },
  {
    gate: 'Witness',
    reason: 'OnlyUnheard',
    when: 'nothing of it is heard, and another one of its pool began to fail within the hour',
    view: unheard({
      nodes: many(30),
      suspicions: [
        suspicion('w0', [SILENT], { witnesses: UNHEARD }),
        suspicion('w1', [failing(3 * HOUR - 20 * MINUTE)]),
      ],
    }),
    says: /w1 of its pool or zone began to fail within the hour/,
  },
  {
    gate: 'Witness',
    reason: 'OnePlane',
    when: 'its heartbeat is fresh, and only our own handshake finds no way to it',
    view: oneBrokenWorker({
      suspicions: [suspicion('w0', [BROKEN], { witnesses: [witness('lease', 'Silent', 'pass'), UNHEARD[1]] })],
    }),
    policy: REPLACE_ONLY,
    says: /only one source \(the kubelet's own report\)/,
  },
  {
    gate: 'Witness',
    reason: 'OnePlane',
    when: 'our handshakes with well nodes fail, too',
    view: oneBrokenWorker({
      suspicions: [
        suspicion('w0', [SILENT], {
          witnesses: [
            {
              plane: 'probe',
              symptom: 'Unreachable',
              finding: { status: 'unknown', reason: 'NoControl', message: 'heald cannot see: x', seenAt: NOW },
            },
          ],
        }),
      ],
    }),
    policy: REPLACE_ONLY,
    says: /only one source.*heald cannot see: x/,
  },
  {
    gate: 'Identity',
    reason: 'CloudNotAsked',
    when: 'the cloud has not been asked',
    view: oneBrokenWorker({ instances: { w0: instance('w0', {}, { located: undefined }) } }),
    says: /has not been asked/,
  },
  {
    gate: 'Identity',
    reason: 'CloudUnavailable',
    when: 'the cloud is down',
    view: oneBrokenWorker({
      instances: { w0: instance('w0', {}, { error: { kind: 'unavailable', message: '503' } }) },
    }),
    says: /503/,
  },
  {
    gate: 'Identity',
    reason: 'CloudUnauthorized',
    when: 'the cloud refuses us',
    view: oneBrokenWorker({
      instances: { w0: instance('w0', {}, { error: { kind: 'unauthorized', message: '401' } }) },
    }),
    says: /401/,
  },
  {
    gate: 'Identity',
    reason: 'CloudUnavailable',
    when: 'the cloud went down a moment ago',
    view: oneBrokenWorker({
      sight: { cloud: { downSince: NOW - SECOND, reason: 'CloudUnavailable', message: '503' } },
    }),
    says: /does not answer: 503/,
  },
  {
    gate: 'Identity',
    reason: 'IdentityMismatch',
    when: 'Node and machine do not match',
    view: oneBrokenWorker({ instances: { w0: instance('w0', {}, { located: { mismatch: 'UUIDs differ' } }) } }),
    says: /UUIDs differ/,
  },
  {
    gate: 'Identity',
    reason: 'IdentityAmbiguous',
    when: 'two machines could be it',
    view: oneBrokenWorker({ instances: { w0: instance('w0', {}, { located: { ambiguous: 'a or b' } }) } }),
    says: /a or b/,
  },
  {
    gate: 'Identity',
    reason: 'CloudContradicted',
    when: 'the cloud calls its machine off and its heartbeat is fresh',
    view: oneBrokenWorker({
      instances: { w0: instance('w0', { power: 'off' }, { saidSince: NOW - MINUTE }) },
      rest: beatsOf('w0'),
    }),
    says: /calls the machine off, but the node has shown life since/,
  },
  {
    gate: 'Identity',
    reason: 'CloudContradicted',
    when: 'the cloud calls its machine off and its port answers',
    view: oneBrokenWorker({
      suspicions: [suspicion('w0', [BROKEN], { witnesses: [witness('probe', 'Unreachable', 'pass')] })],
      instances: { w0: instance('w0', { power: 'off' }, { saidSince: NOW - MINUTE }) },
    }),
    says: /has shown life since/,
  },
  {
    gate: 'Identity',
    reason: 'CloudContradicted',
    when: 'the cloud calls two others gone that are alive',
    view: oneBrokenWorker({
      instances: {
        w0: instance('w0', { power: 'error' }),
        ...Object.fromEntries(
          ['w1', 'w2'].map((name) => [
            name,
            instance(name, {}, { located: { gone: true, slot: true }, state: undefined, saidSince: NOW - MINUTE }),
          ]),
        ),
      },
      rest: beatsOf('w1', 'w2'),
    }),
    policy: REPLACE_ONLY,
    says: /calls the machine broken, but it says the like of w1, w2, which are alive/,
  },
  {
    gate: 'Identity',
    reason: 'CloudBlamed',
    when: 'three machines turned off or gone within a minute, and it would be replaced',
    view: oneBrokenWorker({
      ...twoPlanes,
      instances: Object.fromEntries(
        ['w0', 'w1', 'w2'].map((name, index) => [
          name,
          instance(name, { power: 'off' }, { saidSince: NOW - index * 30 * SECOND }),
        ]),
      ),
    }),
    policy: REPLACE_ONLY,
    says: /calls 3 machines off or gone at once; with more than 2 it is blamed/,
  },
  {
    gate: 'Identity',
    reason: 'GoneNotYet',
    when: 'the cloud has said for four minutes that it is gone',
    view: oneBrokenWorker({
      ...twoPlanes,
      instances: {
        w0: instance('w0', {}, { located: { gone: true, slot: true }, state: undefined, saidSince: NOW - 4 * MINUTE }),
      },
    }),
    policy: REPLACE_ONLY,
    says: /says for 4m that the machine is gone; that counts after 5m/,
    changesAt: NOW + MINUTE,
  },
  {
    gate: 'Identity',
    reason: 'InstanceGone',
    when: 'the machine is gone and so is its slot',
    view: oneBrokenWorker({
      ...twoPlanes,
      instances: { w0: instance('w0', {}, { located: { gone: true, slot: false }, state: undefined }) },
    }),
    says: /no slot/,
  },
  {
    gate: 'Identity',
    reason: 'InstanceGone',
    when: 'the machine is gone and replacing is no rung',
    view: oneBrokenWorker({
      ...twoPlanes,
      instances: {
        w0: instance('w0', {}, { located: { gone: true, slot: true }, state: undefined, saidSince: NOW - 5 * MINUTE }),
      },
    }),
    policy: policy({ roles: { ...policy().roles, worker: { enabled: true, ladder: [rung('reboot-soft')] } } }),
    says: /only a replacement could help/,
  },
  {
    gate: 'Identity',
    reason: 'NodeUIDChanged',
    when: 'the Node was registered again',
    view: withNode({ uid: 'another' }, { repairs: [PENDING] }),
    says: /UID uid-w0 became another/,
  },
  {
    gate: 'Identity',
    reason: 'InstanceChanged',
    when: 'another machine took the name',
    view: oneBrokenWorker({ repairs: [repair('w0', {}, { spec: { instance: { id: 'machine-old', name: 'w0' } } })] }),
    says: /began with machine machine-old/,
  },
]
