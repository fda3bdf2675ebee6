import { APPROVAL_ANNOTATION } from '../../../../src/core/annotations/approval.ts'
import { SKIP } from '../../../../src/core/annotations/skip.ts'
import {
  attempt,
  CALENDAR,
  DAY,
  failing,
  HOUR,
  instance,
  MINUTE,
  masters,
  node,
  oneBrokenWorker,
  policy,
  repair,
  SECOND,
  suspicion,
  view,
  workers,
} from '../../../support/pure/view.ts'
import type { PassCase } from './passes-alone.ts'
import {
  actedOn,
  afterCanary,
  afterOthers,
  BROKEN,
  brokenMaster,
  manyOff,
  REPLACE_ONLY,
  replaceInBurst,
  SILENT,
  smallPools,
} from './pictures.ts'
import { ASKS_BEFORE_REPLACE, besideWaiting, waitingMaster } from './pictures-of-waits.ts'

export const PASSES_IN_COMPANY: readonly PassCase[] = [
  [
    'another node failed 61 s before and is in repair',
    view({
      nodes: [...masters(3), ...workers(30)],
      suspicions: [suspicion('w0', [BROKEN])],
      repairs: [repair('w1', { phase: 'Verifying' }, { createdAt: CALENDAR - 61 * SECOND })],
      instances: { w0: instance('w0') },
    }),
  ],
  [
    'the first of those that failed together soaks',
    view({
      nodes: [...masters(3), ...workers(30)],
      suspicions: [suspicion('w0', [BROKEN])],
      repairs: [repair('w1', { phase: 'Soaking' }, { createdAt: CALENDAR })],
      instances: { w0: instance('w0') },
    }),
  ],
  [
    'the first of those that failed together has waited for a person for a day',
    view({
      nodes: [...masters(3), ...workers(30)],
      suspicions: [suspicion('w0', [failing(DAY + 10 * MINUTE)])],
      repairs: [repair('w1', { phase: 'Parked' }, { createdAt: CALENDAR - DAY })],
      instances: { w0: instance('w0') },
    }),
  ],
  ['the repair of one that failed together did not help, and a person gave it back', afterCanary('Resumed')],
  ['the repair of one that failed together did not help, and it is well by itself', afterCanary('Recovered')],
  [
    'the repair of one that failed together did not help, and the cloud proves that one off',
    afterCanary('NeedsHuman', { instances: { w0: instance('w0'), w1: instance('w1', { power: 'off' }) } }),
  ],
  [
    'the repair of one that failed together did not help, and the cloud calls this one off',
    afterCanary('NeedsHuman', { instances: { w0: instance('w0', { power: 'off' }) } }),
  ],
  [
    'the repair of one that failed together did not help, and a person approves more of it',
    afterCanary(
      'NeedsHuman',
      {},
      { [APPROVAL_ANNOTATION]: JSON.stringify({ 'reboot-hard': new Date(CALENDAR + HOUR).toISOString() }) },
    ),
  ],
  ['one other of its pool needed help before it', afterOthers([30 * MINUTE])],
  ['two others needed help before it, in the same minute', afterOthers([30 * MINUTE, 31 * MINUTE])],
  ['of two others that needed help before it one began in its own minute', afterOthers([MINUTE, HOUR])],
  ['one of two others needed help more than two hours before it', afterOthers([HOUR, 2 * HOUR + 1])],
  ['two others needed help after it', afterOthers([-2 * MINUTE, -4 * MINUTE])],
  [
    'two others needed help one after the other, and the cloud calls it off',
    afterOthers([30 * MINUTE, HOUR], { instances: { w0: instance('w0', { power: 'off' }) } }),
  ],
  [
    'two others needed help one after the other, and a person approved what is done to one of them',
    afterOthers(
      [30 * MINUTE, HOUR],
      {},
      { annotations: { [APPROVAL_ANNOTATION]: `{"reboot-hard":"${new Date(CALENDAR + HOUR).toISOString()}"}` } },
    ),
  ],
  [
    'two others needed help one after the other, and a person gave them back',
    afterOthers([30 * MINUTE, HOUR], {}, { status: { phase: 'Cancelled', reason: 'Resumed' } }),
  ],
  [
    'two others needed help one after the other, and faults are said to be independent',
    afterOthers([30 * MINUTE, HOUR]),
    policy({ correlated: { windowMs: 0, minSuspects: 2 } }),
  ],
  ['it may be replaced, and that has cured another of its burst', replaceInBurst(true), REPLACE_ONLY],
  [
    'exactly 20 % of the pool are bad',
    view({
      nodes: [...masters(3), ...workers(10)],
      suspicions: [suspicion('w0', [BROKEN]), suspicion('w1', [failing(0)])],
      instances: { w0: instance('w0') },
    }),
  ],
  [
    '2 of 3 nodes of a zone are bad',
    view({
      nodes: [
        ...masters(3),
        ...workers(3, { zone: 'a' }),
        ...Array.from({ length: 20 }, (_, index) => node(`x${index}`)),
      ],
      suspicions: [suspicion('w0', [BROKEN]), suspicion('w1', [failing(0)])],
      instances: { w0: instance('w0') },
    }),
  ],
  [
    '3 of 6 nodes of a zone are bad',
    view({
      nodes: [
        ...masters(3),
        ...workers(6, { zone: 'a' }),
        ...Array.from({ length: 20 }, (_, index) => node(`x${index}`)),
      ],
      suspicions: [suspicion('w0', [BROKEN]), suspicion('w1', [failing(0)]), suspicion('w2', [failing(1)])],
      instances: { w0: instance('w0') },
    }),
  ],
  [
    'it is the only bad one in a pool of 4, and the bad one of another pool began 11 minutes before',
    smallPools(11 * MINUTE),
  ],
  [
    'it is the only bad one of a cluster of 2',
    view({
      nodes: [...masters(1), ...workers(1)],
      suspicions: [suspicion('w0', [BROKEN])],
      instances: { w0: instance('w0') },
    }),
  ],
  [
    'opted-out nodes are bad: they leave both sides of the breaker',
    view({
      nodes: [
        ...masters(3),
        ...workers(10),
        ...[0, 1, 2, 3].map((index) => node(`x${index}`, { labels: { 'heald.dev/skip': 'true' } })),
      ],
      suspicions: [suspicion('w0', [BROKEN]), ...[0, 1, 2, 3].map((index) => suspicion(`x${index}`, [failing(index)]))],
      instances: { w0: instance('w0') },
    }),
  ],
  [
    '2 of 20 nodes may be in repair and one is',
    view({
      nodes: [...masters(3), ...workers(20)],
      suspicions: [suspicion('w0', [BROKEN])],
      repairs: [repair('w1', { phase: 'Acting' })],
      instances: { w0: instance('w0') },
    }),
  ],
  [
    'it is off like nearly all others: no breaker, zone, canary, slot or budget keeps it from being started',
    manyOff({
      repairs: [
        repair('w0', {}, { createdAt: CALENDAR - MINUTE }),
        repair('w2', { phase: 'Soaking', attempts: [attempt({ rung: 'start', state: 'Confirmed' })] }),
        repair('w3', { phase: 'Acting', attempts: [attempt({ state: 'Issued' })] }),
        ...[10, 20, 30, 40, 50, 55].map((minutes, index) => actedOn(`x${index}`, minutes * MINUTE)),
      ],
    }),
  ],
  [
    'others began to fail at the very same moment, and faults are said to be independent',
    view({
      nodes: [...masters(3), ...workers(30)],
      suspicions: [suspicion('w0', [BROKEN, SILENT]), suspicion('w1', [BROKEN]), suspicion('m0', [failing(0)])],
      instances: { w0: instance('w0') },
      repairs: [repair('w0'), repair('w1', { phase: 'Parked', attempts: [attempt()] })],
    }),
    {
      ...REPLACE_ONLY,
      correlated: { windowMs: 0, minSuspects: 2 },
      inFlight: { pool: { percent: 10, min: 2 }, masters: 1 },
    },
  ],
  ['the other repair of its pool waits for an approval', besideWaiting(), ASKS_BEFORE_REPLACE],
  [
    'the other repair of its pool waits for a pause to end',
    besideWaiting({ switches: { nodes: new Map([['w1', { reason: 'upgrade', until: undefined }]]) } }),
  ],
  [
    'the other repair of its pool waits while a person keeps heald off its node',
    besideWaiting({}, { annotations: { [SKIP]: 'true' } }),
  ],
  [
    'the other repair of its pool waits while another actor has its node in hand',
    besideWaiting({}, { taints: [{ key: 'ToBeDeletedByClusterAutoscaler', effect: 'NoSchedule' }] }),
  ],
  ['a control-plane node leaves 2 of 3 healthy', brokenMaster(3, 1), policy(), 'm0'],
  [
    'a control-plane node that is off is started whatever the quorum',
    brokenMaster(3, 3, { instances: { m0: instance('m0', { power: 'off' }) } }),
    policy(),
    'm0',
  ],
  [
    'a control-plane node is off, another waits for an approval, and most of their zone is down',
    waitingMaster(),
    ASKS_BEFORE_REPLACE,
    'm0',
  ],
  [
    'its machine was rebooted 8 minutes ago, and that was proven',
    oneBrokenWorker({
      repairs: [
        repair('w0', {
          phase: 'Succeeded',
          attempts: [attempt({ state: 'Verified', issuedAt: new Date(CALENDAR - 8 * MINUTE).toISOString() })],
        }),
      ],
    }),
  ],
  [
    'it was repaired twice this week and once before',
    oneBrokenWorker({
      repairs: [1, 2, 8].map((days) =>
        repair(
          'w0',
          {
            phase: 'Succeeded',
            attempts: [attempt({ state: 'Verified', issuedAt: new Date(CALENDAR - days * DAY).toISOString() })],
          },
          { name: `r${days}`, createdAt: CALENDAR - days * DAY },
        ),
      ),
    }),
  ],
  [
    'three repairs of it ended before anything was sent',
    oneBrokenWorker({
      repairs: [1, 2, 3].map((days) =>
        repair(
          'w0',
          { phase: 'Cancelled', attempts: [attempt({ state: 'NotSent' })] },
          { name: `r${days}`, createdAt: CALENDAR - days * DAY },
        ),
      ),
    }),
  ],
  [
    'six acts were proven not sent',
    oneBrokenWorker({
      repairs: [1, 2, 3, 4, 5, 6].map((minutes) =>
        repair(`x${minutes}`, {
          phase: 'Cancelled',
          attempts: [attempt({ state: 'NotSent', issuedAt: new Date(CALENDAR - minutes * MINUTE).toISOString() })],
        }),
      ),
    }),
  ],
  [
    'an approval names the rung and has not expired',
    oneBrokenWorker({
      suspicions: [suspicion('w0', [BROKEN, SILENT], { localVolumes: ['pv'] })],
      repairs: [
        repair(
          'w0',
          {},
          { annotations: { [APPROVAL_ANNOTATION]: `{"replace":"${new Date(CALENDAR + HOUR).toISOString()}"}` } },
        ),
      ],
    }),
    REPLACE_ONLY,
  ],
  [
    'local data is not protected',
    oneBrokenWorker({
      suspicions: [suspicion('w0', [BROKEN, SILENT], { localVolumes: ['pv'] })],
      repairs: [repair('w0')],
    }),
    { ...REPLACE_ONLY, protectLocalData: false },
  ],
  ['the leader runs elsewhere', oneBrokenWorker({ rest: { ownNode: 'm0' } })],
]
