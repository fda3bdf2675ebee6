import type { Attempt, NodeRepairSpec, NodeRepairStatus } from '../../../src/core/model/node-repair.ts'
import { outsideReason } from '../../../src/core/model/reasons.ts'
import { NODE_REPAIR } from '../../../src/kube/crd/node-repair.ts'
import * as stored from '../../../src/kube/store/stored.ts'

export const readRepair = stored.createReader(NODE_REPAIR)
export const storedSpec = (spec: NodeRepairSpec): object => stored.storedSpec(NODE_REPAIR, spec)
export const storedStatus = (status: NodeRepairStatus): object => stored.storedStatus(NODE_REPAIR, status)

/** A spec that uses every field. */
export function spec(change: Partial<NodeRepairSpec> = {}): NodeRepairSpec {
  return {
    nodeName: 'worker-1',
    nodeUID: '0b1e3c52-7a3e-4f7e-9a55-1f6f3f1b9f10',
    instance: { id: 'c0ffee', name: 'worker-1', group: 'workers' },
    provider: 'docker',
    role: 'worker',
    pool: 'worker',
    zone: 'a',
    evidence: [
      {
        ...{ check: 'NodeCondition', plane: 'kubelet', symptom: 'NotReady', reason: 'NodeNotReady' },
        ...{ message: 'Ready is False', failingForSeconds: 301 },
      },
    ],
    policyHash: 'abc',
    epoch: 3,
    ...change,
  }
}

export function attempt(id: number, change: Partial<Attempt> = {}): Attempt {
  return {
    id,
    rung: 'reboot-hard',
    state: 'Issued',
    order: {
      rung: 'reboot-hard',
      repair: 'worker-1-0b1e3c52-1',
      nodeName: 'worker-1',
      nodeUID: '0b1e3c52-7a3e-4f7e-9a55-1f6f3f1b9f10',
      instance: { id: 'c0ffee', name: 'worker-1' },
      bootID: 'b1',
      bootMark: '2026-11-21T00:00:00Z',
      count: 3,
      key: `worker-1-0b1e3c52-1-${id}`,
    },
    cursor: { step: 'stop', since: [1, 2] },
    issuedAt: '2026-11-21T00:00:00Z',
    ...change,
  }
}

/** A status that uses every field. */
export function status(change: Partial<NodeRepairStatus> = {}): NodeRepairStatus {
  return {
    phase: 'Acting',
    epoch: 5,
    rung: 'reboot-hard',
    reason: outsideReason('Issued'),
    message: 'the machine is being restarted',
    attempts: [
      attempt(1, { state: 'Failed', finishedAt: '2026-11-21T00:05:00Z', reason: outsideReason('NoBoot') }),
      attempt(2),
    ],
    skipped: [{ rung: 'start', reason: 'AlreadyRunning' }],
    holds: [{ gate: 'Breaker', reason: 'BreakerOpen', message: '3 of 10 are bad' }],
    nodeUID: '0b1e3c52-7a3e-4f7e-9a55-1f6f3f1b9f10',
    replacement: { instance: { id: 'beef', name: 'worker-1' }, nodeName: 'worker-1' },
    cordon: 'ours',
    drained: 'DrainSkipped',
    startedAt: '2026-11-21T00:00:00Z',
    finishedAt: '2026-11-21T01:00:00Z',
    ...change,
  }
}
