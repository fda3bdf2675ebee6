import { MARKS_ANNOTATION } from '../../../../src/core/annotations/marks.ts'
import type { Policy } from '../../../../src/core/model/policy.ts'
import type { View } from '../../../../src/core/model/view.ts'
import { requested } from '../../../support/pure/requested.ts'
import {
  attempt,
  CALENDAR,
  failing,
  HOUR,
  instance,
  MINUTE,
  NOW,
  oneBrokenWorker,
  policy,
  repair,
  SECOND,
  suspicion,
  witness,
} from '../../../support/pure/view.ts'
import {
  BROKEN,
  late,
  lateAfterReboot,
  REPLACE_ONLY,
  rebootedTwice,
  SILENT,
  UNHEARD,
  unheard,
  withNode,
} from './pictures.ts'

/** When; the picture; the policy; the node that is repaired. */
export type PassCase = readonly [string, View, Policy?, string?]

export const PASSES_ALONE: readonly PassCase[] = [
  ['a person asks for it and nothing of it fails', oneBrokenWorker({ suspicions: [requested('w0')] })],
  [
    'a person asks for it and its failing check is contradicted',
    oneBrokenWorker({
      suspicions: [{ ...requested('w0', 'reboot-hard', [BROKEN]), witnesses: [witness('lease', 'NotReady', 'pass')] }],
    }),
  ],
  [
    'a person asks for it right after another repair of it was cut short',
    oneBrokenWorker({
      suspicions: [requested('w0')],
      repairs: [
        repair('w0', {
          phase: 'Cancelled',
          attempts: [attempt({ state: 'Unknown', issuedAt: new Date(CALENDAR - MINUTE).toISOString() })],
        }),
      ],
    }),
  ],
  ...['2999-01-01T00:00:00Z', 'soon'].map(
    (issuedAt): PassCase => [
      `a repair of it that was cut short three hours ago was issued at ${issuedAt}`,
      oneBrokenWorker({
        repairs: [
          repair('w0', {
            phase: 'Cancelled',
            reason: 'DryRun',
            attempts: [attempt({ state: 'Confirmed', issuedAt, finishedAt: issuedAt })],
          }),
        ],
      }),
    ],
  ),
  ['the pause has expired', oneBrokenWorker({ switches: { paused: { reason: 'x', until: CALENDAR } } })],
  [
    'another node is paused',
    oneBrokenWorker({ switches: { nodes: new Map([['w1', { reason: 'x', until: undefined }]]) } }),
  ],
  ['skip says false', withNode({ annotations: { 'heald.dev/skip': 'false' } })],
  ['a watch has been blind for 30 s only', oneBrokenWorker({ sight: { blindSince: NOW - 30 * SECOND } })],
  ['sight came back before it failed', oneBrokenWorker({ sight: { seeingSince: NOW - 10 * MINUTE } })],
  ['the clocks have run again since sight came back', oneBrokenWorker({ sight: { seeingSince: NOW - 5 * MINUTE } })],
  ['clocks differ by 30 s', oneBrokenWorker({ sight: { skewMs: -30 * SECOND } })],
  [
    '5 of 10 leases went stale together',
    oneBrokenWorker({ sight: { leases: { total: 10, staleTogether: 5, since: NOW, ownRenewalsFine: true } } }),
  ],
  [
    'all of 4 leases went stale together',
    oneBrokenWorker({ sight: { leases: { total: 4, staleTogether: 4, since: NOW, ownRenewalsFine: true } } }),
  ],
  [
    'the mass silence lasts for ten minutes',
    oneBrokenWorker({
      sight: { leases: { total: 10, staleTogether: 9, since: NOW - 10 * MINUTE, ownRenewalsFine: true } },
    }),
  ],
  [
    'its earlier repair has ended',
    oneBrokenWorker({ repairs: [repair('w0', { phase: 'Succeeded', attempts: [attempt()] })] }),
  ],
  ['its repair was opened by a leader that died', oneBrokenWorker({ repairs: [repair('w0', undefined)] })],
  ['its repair drains', oneBrokenWorker({ repairs: [repair('w0', { phase: 'Draining' })] })],
  ['the node is ten minutes old', withNode({ createdAt: CALENDAR - 10 * MINUTE })],
  [
    'another plane sees another symptom and finds that fine',
    oneBrokenWorker({ suspicions: [suspicion('w0', [BROKEN], { witnesses: [witness('lease', 'Silent', 'pass')] })] }),
  ],
  [
    'the same plane contradicts itself',
    oneBrokenWorker({
      suspicions: [suspicion('w0', [BROKEN], { witnesses: [witness('kubelet', 'NotReady', 'pass')] })],
    }),
  ],
  [
    'the contradiction has expired',
    oneBrokenWorker({
      suspicions: [
        suspicion('w0', [BROKEN], {
          witnesses: [
            {
              plane: 'lease',
              symptom: 'NotReady',
              finding: { status: 'pass', reason: 'Ok', seenAt: 0, validUntil: NOW - 1 },
            },
          ],
        }),
      ],
    }),
  ],
  [
    'one of two checks that are due is not contradicted',
    oneBrokenWorker({
      suspicions: [suspicion('w0', [BROKEN, SILENT], { witnesses: [witness('lease', 'NotReady', 'pass')] })],
    }),
  ],
  [
    'lease and kubelet ask for a replacement',
    oneBrokenWorker({ suspicions: [suspicion('w0', [BROKEN, SILENT])] }),
    REPLACE_ONLY,
  ],
  [
    'a check and a witness ask for a replacement',
    oneBrokenWorker({
      suspicions: [suspicion('w0', [BROKEN], { witnesses: [witness('probe', 'Unreachable', 'fail')] })],
    }),
    REPLACE_ONLY,
  ],
  ['its last reboot helped for longer than the one before', rebootedTwice(10 * MINUTE, 15 * MINUTE)],
  ['it is silent for twice the duration, and its port answers', late(10, 'w0')],
  ['it is silent after a reboot that the cloud does not prove', lateAfterReboot('mark-1')],
  [
    'it is silent after a proven reboot, its port answers, and a person approves another one',
    lateAfterReboot('mark-2', {
      'heald.dev/approved': JSON.stringify({ 'reboot-hard': new Date(CALENDAR + MINUTE).toISOString() }),
    }),
  ],
  ['nothing of it is heard, it is alone, and it stayed silent through a reboot that the cloud proves', unheard()],
  [
    'nothing of it is heard, and a person approves a new machine',
    unheard(
      {},
      {
        bootMark: 'mark-1',
        annotations: { 'heald.dev/approved': JSON.stringify({ replace: new Date(CALENDAR + MINUTE).toISOString() }) },
      },
    ),
  ],
  [
    'it is silent, and its own port refuses the handshake',
    oneBrokenWorker({
      suspicions: [
        suspicion('w0', [SILENT], {
          witnesses: [{ ...UNHEARD[1], finding: { ...UNHEARD[1].finding, reason: 'Refused' } }],
        }),
      ],
    }),
    REPLACE_ONLY,
  ],
  [
    'a check and the cloud ask for a replacement',
    oneBrokenWorker({ instances: { w0: instance('w0', { power: 'error' }) } }),
    REPLACE_ONLY,
  ],
  [
    'the same plane contradicts itself about a replacement, and another cannot look',
    oneBrokenWorker({
      suspicions: [
        suspicion('w0', [BROKEN, SILENT], {
          witnesses: [witness('kubelet', 'NotReady', 'pass'), witness('probe', 'NotReady', 'unknown')],
        }),
      ],
    }),
    REPLACE_ONLY,
  ],
  [
    'the machine that answers is the replacement that its own repair ordered',
    oneBrokenWorker({
      repairs: [
        repair(
          'w0',
          { replacement: { instance: { id: 'machine-w0', name: 'w0' } } },
          { spec: { instance: { id: 'machine-old', name: 'w0' } } },
        ),
      ],
    }),
  ],
  [
    'the machine is gone, its slot is kept, and the lease agrees',
    oneBrokenWorker({
      instances: {
        w0: instance('w0', {}, { located: { gone: true, slot: true }, state: undefined, saidSince: NOW - 5 * MINUTE }),
      },
    }),
    REPLACE_ONLY,
  ],
  [
    'the cloud calls it off, and it was last heard before that',
    oneBrokenWorker({
      instances: { w0: instance('w0', { power: 'off' }, { saidSince: NOW - 5 * SECOND }) },
      rest: { heartbeats: new Map([['w0', { renewTime: 'x', changedAt: NOW - 3 * SECOND }]]) },
    }),
  ],
  [
    'the cloud calls another one off that is alive',
    oneBrokenWorker({
      instances: { w0: instance('w0', { power: 'error' }), w1: instance('w1', { power: 'off' }) },
      rest: { heartbeats: new Map([['w1', { renewTime: 'x', changedAt: NOW - 3 * SECOND }]]) },
    }),
  ],
  [
    'a person cordoned it after it failed',
    withNode({ unschedulable: true }, { suspicions: [suspicion('w0', [BROKEN], { cordonedSince: NOW - 9 * MINUTE })] }),
  ],
  [
    'the cordon is our own',
    withNode({
      unschedulable: true,
      annotations: { [MARKS_ANNOTATION]: '{"repair":"w0-1","cordon":true,"scaleDownDisabled":true}' },
    }),
  ],
  ['cordoned nodes are to be healed', withNode({ unschedulable: true }), policy({ actOnCordoned: true })],
  [
    'the autoscaler only thinks about deleting it',
    withNode({ taints: [{ key: 'DeletionCandidateOfClusterAutoscaler', effect: 'PreferNoSchedule' }] }),
  ],
  [
    'a taint is called like a property of every object',
    withNode({ taints: [{ key: 'constructor', effect: 'NoSchedule' }] }),
  ],
  [
    'its machine booted before it began to fail',
    oneBrokenWorker({ instances: { w0: instance('w0', {}, { bootedAfter: NOW - 11 * MINUTE }) } }),
  ],
  [
    'its machine booted by another hand, and has had its time',
    oneBrokenWorker({
      suspicions: [suspicion('w0', [failing(20 * MINUTE)])],
      instances: { w0: instance('w0', {}, { bootedAfter: NOW - 10 * MINUTE }) },
    }),
  ],
  [
    'it boots again and again, for an hour',
    oneBrokenWorker({
      suspicions: [suspicion('w0', [failing(HOUR)])],
      instances: { w0: instance('w0', {}, { bootedAfter: NOW - MINUTE }) },
    }),
  ],
  [
    "its machine booted by heald's own hand",
    oneBrokenWorker({
      repairs: [repair('w0', { attempts: [attempt()] }, { createdAt: CALENDAR - 5 * MINUTE })],
      instances: { w0: instance('w0', {}, { bootedAfter: NOW - MINUTE }) },
    }),
  ],
  [
    "its machine booted by heald's own hand, by an act of two steps whose second was refused",
    oneBrokenWorker({
      repairs: [
        repair(
          'w0',
          { attempts: [attempt({ state: 'NotSent', cursor: { at: 'start' } })] },
          { createdAt: CALENDAR - 5 * MINUTE },
        ),
      ],
      instances: { w0: instance('w0', {}, { bootedAfter: NOW - MINUTE }) },
    }),
  ],
]
