import {
  CALENDAR,
  failing,
  instance,
  MINUTE,
  NOW,
  oneBrokenWorker,
  policy,
  repair,
  SECOND,
  suspicion,
  view,
} from '../../../support/pure/view.ts'
import { BROKEN, badElsewhere, badWorkers, brokenMaster, type HoldCase, many, zoneDown } from './pictures.ts'

export const CROWD: readonly HoldCase[] = [
  {
    gate: 'CorrelatedCause',
    reason: 'WaitsForCanary',
    when: 'a node that failed at the same time is in repair',
    view: oneBrokenWorker({
      nodes: many(30),
      suspicions: [suspicion('w0', [BROKEN]), suspicion('w1', [failing(10 * MINUTE + 30 * SECOND)])],
      repairs: [repair('w1', { phase: 'Verifying' }, { createdAt: CALENDAR - 30 * SECOND })],
    }),
    says: /2 nodes began to fail within 1m of each other.*w1 \(w1-1\) is repaired first/,
  },
  {
    gate: 'ZoneHold',
    reason: 'ZoneDown',
    when: '3 of 5 nodes of its zone are bad',
    view: zoneDown(5),
    says: /3 of 5 nodes \(60 %\) in zone a are bad; from 3 nodes and 55 % on, the zone/,
  },
  {
    gate: 'Breaker',
    reason: 'BreakerOpen',
    when: '3 of 10 nodes of the pool are bad',
    view: badWorkers(10, 3),
    says: /3 of 10 nodes \(30 %\) of pool worker are bad; above 20 % .* nothing in pool worker is repaired/,
  },
  {
    gate: 'Breaker',
    reason: 'ClusterBreakerOpen',
    when: '5 of 14 nodes of the cluster are bad',
    view: badElsewhere(),
    says: /5 of 14 nodes \(35.7 %\) of the cluster are bad; above 34 % .* nothing in the cluster is/,
  },
  {
    gate: 'InFlight',
    reason: 'PoolInRepair',
    when: 'another node of the pool is in repair',
    view: oneBrokenWorker({ repairs: [repair('w5', { phase: 'Soaking' })] }),
    says: /1 node of pool worker in repair already; 1 at once is allowed/,
  },
  {
    gate: 'InFlight',
    reason: 'ControlPlaneInRepair',
    when: 'another control-plane node is in repair',
    view: brokenMaster(5, 1, { repairs: [repair('m4', { phase: 'Soaking' }, { spec: { role: 'master' } })] }),
    policy: policy({
      inFlight: { pool: { percent: 50, min: 2 }, masters: 1 },
      breaker: { poolPercent: 60, clusterPercent: 60, smallPool: 4 },
    }),
    node: 'm0',
    says: /1 node of the control plane in repair already/,
  },
  {
    gate: 'InFlight',
    reason: 'OneAtATime',
    when: 'another node has failed for longer',
    view: view({
      nodes: many(30),
      suspicions: [suspicion('w0', [BROKEN]), suspicion('w1', [failing(20 * MINUTE)])],
      instances: { w0: instance('w0'), w1: instance('w1') },
    }),
    says: /w1 comes first/,
    changesAt: NOW + SECOND,
  },
]
