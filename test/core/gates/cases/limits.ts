import type { NodeRepair } from '../../../../src/core/model/node-repair.ts'
import { QUORUM_GROUPS } from '../../../../src/core/model/primitives.ts'
import { outsideReason } from '../../../../src/core/model/reasons.ts'
import type { View } from '../../../../src/core/model/view.ts'
import {
  attempt,
  CALENDAR,
  DAY,
  failing,
  HOUR,
  instance,
  MINUTE,
  NOW,
  node,
  oneBrokenWorker,
  policy,
  repair,
  SECOND,
  suspicion,
  view,
  workers,
} from '../../../support/pure/view.ts'
import { brokenEtcd } from './etcd-pictures.ts'
import { actedOn, BROKEN, brokenMaster, finished, type HoldCase, many, rebootedTwice } from './pictures.ts'
import { cancelled } from './pictures-of-waits.ts'

/** `m0` has failed for ten minutes, and `others` for longer. The first so many of five carry the label of etcd, or of the control plane. */
function withFiveServers(others: readonly string[], { alsoEtcd = 3, alsoControlPlane = 5 } = {}): View {
  const servers = [0, 1, 2, 3, 4].map((index) =>
    node(`m${index}`, {
      role: 'master',
      quorum: QUORUM_GROUPS.filter((group) => index < (group === 'etcd' ? alsoEtcd : alsoControlPlane)),
    }),
  )
  return view({
    nodes: [...servers, ...workers(30)],
    suspicions: [suspicion('m0', [BROKEN]), ...others.map((name) => suspicion(name, [failing(30 * MINUTE)]))],
    instances: { m0: instance('m0') },
    rest: { controlPlaneSeen: 0, etcdSeen: 0 },
  })
}

export const LIMITS: readonly HoldCase[] = [
  {
    gate: 'Quorum',
    reason: 'QuorumAtRisk',
    when: '2 of 3 control-plane nodes are bad',
    view: brokenMaster(3, 2),
    policy: policy({ breaker: { poolPercent: 70, clusterPercent: 34, smallPool: 4 } }),
    node: 'm0',
    says: /^3 control-plane nodes, 1 healthy without this one; 2 needed$/,
  },
  {
    gate: 'Quorum',
    reason: 'QuorumAtRisk',
    when: 'one of three is bad and another was lost this week',
    view: brokenMaster(2, 1, { rest: { controlPlaneSeen: 3 } }),
    node: 'm0',
    says: /3 control-plane nodes, 1 healthy without this one; 2 needed/,
  },
  {
    gate: 'Quorum',
    reason: 'QuorumAtRisk',
    when: 'the configured size asks for more',
    view: brokenMaster(3, 1),
    policy: policy({ controlPlaneSize: 5 }),
    node: 'm0',
    says: /5 control-plane nodes, 2 healthy without this one; 3 needed/,
  },
  {
    gate: 'Quorum',
    reason: 'QuorumAtRisk',
    when: '2 of 3 etcd nodes are bad, and all control-plane nodes are well',
    view: brokenEtcd(3, 2),
    node: 'e0',
    says: /^3 etcd nodes, 1 healthy without this one; 2 needed$/,
  },
  {
    gate: 'Quorum',
    reason: 'QuorumAtRisk',
    when: 'two etcd nodes were lost this week',
    view: brokenEtcd(3, 1, { rest: { etcdSeen: 5 } }),
    node: 'e0',
    says: /^5 etcd nodes, 2 healthy without this one; 3 needed$/,
  },
  {
    gate: 'Quorum',
    reason: 'QuorumAtRisk',
    when: 'more etcd nodes are configured',
    view: brokenEtcd(3, 1),
    policy: policy({ etcdSize: 5 }),
    node: 'e0',
    says: /^5 etcd nodes, 2 healthy without this one; 3 needed$/,
  },
  {
    gate: 'Quorum',
    reason: 'QuorumAtRisk',
    when: 'of 5 control-plane nodes 3 are etcd, and one of these is bad beside it',
    view: withFiveServers(['m1']),
    policy: policy({ breaker: { poolPercent: 70, clusterPercent: 34, smallPool: 4 } }),
    node: 'm0',
    says: /^3 etcd nodes, 1 healthy without this one; 2 needed$/,
  },
  {
    gate: 'Quorum',
    reason: 'QuorumAtRisk',
    when: 'of 5 etcd nodes 3 are control-plane nodes, and one of these is bad beside it',
    view: withFiveServers(['m1'], { alsoEtcd: 5, alsoControlPlane: 3 }),
    policy: policy({ breaker: { poolPercent: 70, clusterPercent: 34, smallPool: 4 } }),
    node: 'm0',
    says: /^3 control-plane nodes, 1 healthy without this one; 2 needed$/,
  },
  {
    gate: 'Rate',
    reason: 'Lemon',
    when: 'it was repaired three times this week',
    view: oneBrokenWorker({ repairs: [finished('a', DAY), finished('b', 2 * DAY), finished('c', 6 * DAY)] }),
    says: /repaired 3 times in 7d/,
    changesAt: NOW + DAY,
  },
  {
    gate: 'Rate',
    reason: 'Lemon',
    when: 'its machine was, under other names',
    view: oneBrokenWorker({
      nodes: many(30),
      repairs: ['x', 'y', 'z'].map((name) =>
        repair(
          name,
          { phase: 'Succeeded', attempts: [attempt()] },
          { createdAt: CALENDAR - DAY, spec: { instance: { id: 'machine-w0', name } } },
        ),
      ),
    }),
    says: /node or its machine/,
  },
  {
    gate: 'Rate',
    reason: 'CancelledBefore',
    when: 'its repair was cancelled 20 s ago though it was not well',
    view: oneBrokenWorker({ repairs: [cancelled('a', 20 * SECOND)] }),
    says: /^a repair of this node was cancelled lately though it was not well \(a, DryRun\): the next opens in 40s$/,
    changesAt: NOW + 40 * SECOND,
  },
  {
    gate: 'Rate',
    reason: 'CancelledBefore',
    when: 'four of its repairs were, whatever the reason',
    view: oneBrokenWorker({
      repairs: [
        cancelled('c', 2 * MINUTE, outsideReason('Stolen')),
        ...['a', 'b', 'd'].map((name, index) => cancelled(name, (3 + index) * MINUTE, 'PolicyChanged')),
      ],
    }),
    says: /^4 repairs .*\(c, Stolen\): the next opens in 6m$/,
    changesAt: NOW + 6 * MINUTE,
  },
  {
    gate: 'Rate',
    reason: 'CancelledBefore',
    when: 'dozens were, and never for more than an hour',
    view: oneBrokenWorker({
      repairs: Array.from({ length: 40 }, (_, index) => cancelled(`x${index}`, (10 + index) * MINUTE)),
    }),
    says: /^40 repairs/,
    changesAt: NOW + 50 * MINUTE,
  },
  {
    gate: 'Rate',
    reason: 'RungSpent',
    when: 'its last two reboots did not lengthen the time to the next failure',
    view: rebootedTwice(10 * MINUTE, 14 * MINUTE),
    says: /after the last two of reboot-soft the node lasted 10m, then 14m: the same once more is no help/,
  },
  {
    gate: 'Rate',
    reason: 'RungSpent',
    when: 'two hard reboots have not helped, and a soft one comes next',
    view: rebootedHard(rebootedTwice(10 * MINUTE, 14 * MINUTE)),
    says: /after the last two of reboot-hard the node lasted 10m, then 14m/,
  },
  {
    gate: 'Rate',
    reason: 'BudgetSpent',
    when: 'six acts fell into the last hour',
    view: oneBrokenWorker({
      repairs: [10, 20, 30, 40, 50, 55].map((minutes, index) => actedOn(`x${index}`, minutes * MINUTE)),
    }),
    says: /6 acts in the last hour \(6 allowed\).*free in 5m/,
    changesAt: NOW + 5 * MINUTE,
  },
  {
    gate: 'Rate',
    reason: 'BudgetSpent',
    when: 'twenty acts fell into the last day',
    view: oneBrokenWorker({
      repairs: Array.from({ length: 20 }, (_, index) => actedOn(`x${index}`, (index + 2) * HOUR)),
    }),
    says: /20 in the last day \(20 allowed\)/,
    changesAt: NOW + 3 * HOUR,
  },
  {
    gate: 'Rate',
    reason: 'BudgetSpent',
    when: 'six acts were refused in their middle within the hour',
    view: oneBrokenWorker({
      repairs: [1, 2, 3, 4, 5, 6].map((index) => {
        const issuedAt = new Date(CALENDAR - 30 * MINUTE).toISOString()
        const refused = attempt({ state: 'NotSent', reason: 'NotSent', cursor: { at: 'resize' }, issuedAt })
        return repair(`x${index}`, { phase: 'Cancelled', attempts: [refused] })
      }),
    }),
    says: /6 acts in the last hour/,
    changesAt: NOW + 30 * MINUTE,
  },
  {
    gate: 'Rate',
    reason: 'BudgetSpent',
    when: 'six acts have unreadable times',
    view: oneBrokenWorker({
      repairs: Array.from({ length: 6 }, (_, index) =>
        repair(`x${index}`, { phase: 'Succeeded', attempts: [attempt({ issuedAt: 'soon' })] }),
      ),
    }),
    says: /6 acts in the last hour/,
  },
]

function rebootedHard(view: View): View {
  const hard = ({ status, ...rest }: NodeRepair): NodeRepair => ({
    ...rest,
    status: status && { ...status, attempts: status.attempts.map((one) => ({ ...one, rung: 'reboot-hard' })) },
  })
  return { ...view, repairs: new Map([...view.repairs].map(([name, one]) => [name, hard(one)])) }
}
