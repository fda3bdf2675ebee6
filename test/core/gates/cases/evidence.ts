import { requested } from '../../../support/pure/requested.ts'
import { failing, HOUR, MINUTE, NOW, oneBrokenWorker, passing, suspicion, witness } from '../../../support/pure/view.ts'
import {
  BROKEN,
  type HoldCase,
  late,
  lateAfterReboot,
  many,
  REPLACE_ONLY,
  SILENT,
  UNHEARD,
  unheard,
} from './pictures.ts'

const READY_UNKNOWN = failing(10 * MINUTE, { plane: 'lease', symptom: 'Silent' })
const CLOSED = failing(10 * MINUTE, { name: 'Endpoint', type: 'Endpoint', plane: 'probe', symptom: 'Endpoint:6443' })
const BEATING = [witness('lease', 'Silent', 'pass'), witness('probe', 'Unreachable', 'pass')]
const LATE = { status: 'unknown', reason: 'HeartbeatLate', seenAt: NOW } as const

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
    when: 'it is called silent while its heartbeat arrives: Ready=Unknown of a controller manager with a stale cache',
    view: oneBrokenWorker({
      suspicions: [suspicion('w0', [READY_UNKNOWN], { witnesses: BEATING })],
    }),
    says: /NodeCondition \(by the heartbeat\) says Silent, but the heartbeat finds no Silent/,
  },
  {
    gate: 'Witness',
    reason: 'Contradicted',
    when: 'it is called silent while its heartbeat is only late: between two that arrive nobody is rebooted',
    view: oneBrokenWorker({
      suspicions: [
        suspicion('w0', [READY_UNKNOWN], { witnesses: [{ plane: 'lease', symptom: 'Silent', finding: LATE }] }),
      ],
    }),
    says: /says Silent, but the heartbeat finds no Silent/,
  },
  {
    gate: 'Witness',
    reason: 'Contradicted',
    when: 'it is called silent while its heartbeat arrives, and a replacement is next',
    view: oneBrokenWorker({
      suspicions: [suspicion('w0', [READY_UNKNOWN, BROKEN], { witnesses: BEATING })],
    }),
    policy: REPLACE_ONLY,
    says: /says Silent, but the heartbeat finds no Silent/,
  },
  {
    gate: 'Witness',
    reason: 'OnePlane',
    when: 'the second source is a probe that never passed on this node, such as one of a port that is closed for ever',
    view: oneBrokenWorker({ suspicions: [suspicion('w0', [SILENT, { ...CLOSED, neverPassed: true }])] }),
    policy: REPLACE_ONLY,
    says: /Endpoint was not seen to pass on this node, so that its failure is no witness/,
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
    gate: 'Witness',
    reason: 'HeartbeatsLate',
    when: 'it is silent after a reboot that the cloud proves, and its port answers',
    view: lateAfterReboot(),
    says: /silent after a reboot that the cloud proves, while its port answers.*heald approve \S+ reboot-hard --for 1h/,
  },
  {
    gate: 'Witness',
    reason: 'OnePlane',
    when: 'a person asks for a repair without naming the replacement that comes next',
    view: oneBrokenWorker({ suspicions: [requested('w0', undefined, [BROKEN])] }),
    policy: REPLACE_ONLY,
    says: /only one source \(the kubelet's own report\) says/,
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
]
