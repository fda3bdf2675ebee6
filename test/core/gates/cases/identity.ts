import { NO_CLOUD } from '../../../../src/core/model/instance.ts'
import {
  instance,
  MINUTE,
  NOW,
  oneBrokenWorker,
  policy,
  repair,
  rung,
  SECOND,
  suspicion,
  witness,
} from '../../../support/pure/view.ts'
import { BROKEN, beatsOf, type HoldCase, PENDING, REPLACE_ONLY, twoPlanes, withNode } from './pictures.ts'

export const IDENTITY: readonly HoldCase[] = [
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
    reason: 'NoCloud',
    when: 'no cloud is configured',
    view: oneBrokenWorker({ instances: { w0: instance('w0', {}, { located: NO_CLOUD }) } }),
    says: /no cloud is configured \(cloudProvider: none\): heald watches/,
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
    when: 'the cloud calls its machine faulty and its heartbeat is fresh',
    view: oneBrokenWorker({
      instances: { w0: instance('w0', { power: 'error' }, { saidSince: NOW - MINUTE }) },
      rest: beatsOf('w0'),
    }),
    says: /calls the machine faulty, but the node has shown life since/,
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
    says: /calls the machine faulty, but it says the like of w1, w2, which are alive/,
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
    says: /calls 3 machines off, gone or faulty at once; with more than 2 it is blamed/,
  },
  {
    gate: 'Identity',
    reason: 'CloudBlamed',
    when: 'three machines turned faulty, off or gone within a minute, and it would be replaced',
    view: oneBrokenWorker({
      ...twoPlanes,
      instances: {
        w0: instance('w0', { power: 'error' }, { saidSince: NOW }),
        w1: instance('w1', { power: 'off' }, { saidSince: NOW - 30 * SECOND }),
        w2: instance('w2', { power: 'error' }, { saidSince: NOW - 60 * SECOND }),
      },
    }),
    policy: REPLACE_ONLY,
    says: /calls 3 machines off, gone or faulty at once/,
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
