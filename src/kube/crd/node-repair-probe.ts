import type { InstanceRef } from '../../core/model/instance.ts'
import type { NodeRepairSpec, NodeRepairStatus } from '../../core/model/node-repair.ts'
import type { Order } from '../../core/model/order.ts'
import { outsideReason } from '../../core/model/reasons.ts'
import { PROBE_NAME, type ProbeSample } from './definition.ts'

const TEXT = 'scratch object of the ledger probe'
const TIME = '2000-01-01T00:00:00Z'
const INSTANCE: Required<InstanceRef> = { id: 'probe', name: 'probe', group: 'probe' }

const SPEC: Required<NodeRepairSpec> = {
  nodeName: 'heald-probe',
  nodeUID: 'probe',
  instance: INSTANCE,
  provider: 'probe',
  owner: 'probe/probe',
  role: 'worker',
  quorum: ['etcd'],
  pool: 'probe',
  zone: 'probe',
  evidence: [
    { check: 'Probe', plane: 'probe', symptom: 'Probe', reason: 'Probe', message: TEXT, failingForSeconds: 1.5 },
  ],
  request: { reason: TEXT, until: TIME, rung: 'start', by: 'probe' },
  policyHash: 'probe',
  epoch: 1,
}

const ORDER: Required<Order> = {
  rung: 'reboot-hard',
  repair: PROBE_NAME,
  nodeName: 'heald-probe',
  nodeUID: 'probe',
  instance: INSTANCE,
  bootID: 'probe',
  bootMark: 'probe',
  count: 1,
  key: `${PROBE_NAME}-1`,
}

const OPEN: Required<NodeRepairStatus> = {
  phase: 'Verifying',
  epoch: 2,
  rung: 'replace',
  reason: outsideReason('Probe'),
  message: TEXT,
  attempts: [
    {
      ...{ id: 1, rung: 'reboot-hard', state: 'Failed', order: ORDER, cursor: { step: 1 } },
      ...{ issuedAt: TIME, finishedAt: TIME, reason: outsideReason('Probe'), message: TEXT },
    },
    { id: 2, rung: 'replace', state: 'Confirmed', order: { ...ORDER, rung: 'replace' }, issuedAt: TIME },
  ],
  skipped: [{ rung: 'start', reason: 'Probe' }],
  holds: [{ gate: 'Probe', reason: 'Probe', message: TEXT }],
  nodeUID: 'probe',
  replacement: { instance: INSTANCE, nodeName: 'heald-probe' },
  cordon: 'ours',
  drained: 'Drained',
  startedAt: TIME,
  finishedAt: TIME,
}

const FOREIGN: Order = { ...ORDER, rung: 'replace', instance: { id: 'other', name: 'other' } }
const [FIRST, ...OTHERS] = OPEN.attempts
const FINISHED: NodeRepairStatus = { ...OPEN, epoch: OPEN.epoch + 1, phase: 'Succeeded' }

export const REPAIR_PROBE: ProbeSample<NodeRepairSpec, NodeRepairStatus> = {
  spec: SPEC,
  open: OPEN,
  refused: [
    { ...OPEN, attempts: OTHERS },
    { ...OPEN, attempts: OPEN.attempts.map((each) => (each === FIRST ? each : { ...each, order: FOREIGN })) },
    { ...OPEN, attempts: FIRST === undefined ? OTHERS : [{ ...FIRST, state: 'Issued' }, ...OTHERS] },
  ],
  specChange: { pool: 'other' },
  finished: FINISHED,
  reopened: { ...FINISHED, phase: 'Pending' },
}
