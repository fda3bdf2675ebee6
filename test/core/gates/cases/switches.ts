import { LEDGER_NOT_TRIED } from '../../../../src/core/model/view.ts'
import { CALENDAR, HOUR, NOW, oneBrokenWorker, policy } from '../../../support/pure/view.ts'
import { type HoldCase, withNode } from './pictures.ts'

export const SWITCHES: readonly HoldCase[] = [
  {
    gate: 'Paused',
    reason: 'StopFile',
    when: 'the stop file exists',
    view: oneBrokenWorker({ switches: { stopped: true } }),
    says: /stop file/,
  },
  {
    gate: 'Paused',
    reason: 'Paused',
    when: 'the cluster is paused without end',
    view: oneBrokenWorker({ switches: { paused: { reason: 'upgrade INC-7', until: undefined } } }),
    says: /the cluster is paused until a person resumes it: upgrade INC-7/,
  },
  {
    gate: 'Paused',
    reason: 'Paused',
    when: 'the cluster is paused for two more hours',
    view: oneBrokenWorker({ switches: { paused: { reason: 'x', until: CALENDAR + 2 * HOUR } } }),
    says: /for another 2h/,
    changesAt: NOW + 2 * HOUR,
  },
  {
    gate: 'Paused',
    reason: 'Paused',
    when: 'its pool is paused',
    view: oneBrokenWorker({ switches: { pools: new Map([['worker', { reason: 'x', until: undefined }]]) } }),
    says: /the pool worker is paused/,
  },
  {
    gate: 'Paused',
    reason: 'Paused',
    when: 'the annotation of the node is malformed',
    view: oneBrokenWorker({
      switches: { nodes: new Map([['w0', { reason: 'malformed: "2 hourz"', until: undefined }]]) },
    }),
    says: /the node w0 is paused.*malformed/,
  },
  {
    gate: 'Paused',
    reason: 'CloudSwitchOff',
    when: 'the cloud says off',
    view: oneBrokenWorker({ switches: { cloud: { on: false, reason: 'UPDATE_IN_PROGRESS' } } }),
    says: /UPDATE_IN_PROGRESS/,
  },
  {
    gate: 'OptedOut',
    reason: 'OptedOut',
    when: 'an annotation says skip',
    view: withNode({ annotations: { 'heald.dev/skip': 'true' } }),
    says: /heald\.dev\/skip/,
  },
  {
    gate: 'OptedOut',
    reason: 'OptedOut',
    when: 'a label says skip',
    view: withNode({ labels: { 'heald.dev/skip': 'true' } }),
    says: /heald\.dev\/skip/,
  },
  {
    gate: 'OptedOut',
    reason: 'OptedOut',
    when: 'the annotation says false and the label true',
    view: withNode({ annotations: { 'heald.dev/skip': 'false' }, labels: { 'heald.dev/skip': 'true' } }),
    says: /heald\.dev\/skip/,
  },
  {
    gate: 'OptedOut',
    reason: 'SkipMalformed',
    when: 'skip has a value that nobody understands',
    view: withNode({ annotations: { 'heald.dev/skip': 'yes please' } }),
    says: /"yes please"; only "true" and "false"/,
  },
  {
    gate: 'OptedOut',
    reason: 'RoleDisabled',
    when: 'healing of workers is off',
    view: oneBrokenWorker(),
    policy: policy({ roles: { ...policy().roles, worker: { ...policy().roles.worker, enabled: false } } }),
    says: /switches healing of workers off/,
  },
  {
    gate: 'LedgerUsable',
    reason: 'LedgerUnusable',
    when: 'the CRD does not fence',
    view: oneBrokenWorker({ sight: { ledger: { usable: false, reason: 'CrdMissing' } } }),
    says: /CrdMissing/,
  },
  {
    gate: 'LedgerUsable',
    reason: 'LedgerNotTried',
    when: 'this replica has not led yet',
    view: oneBrokenWorker({ sight: { ledger: LEDGER_NOT_TRIED } }),
    says: /tried by the leader/,
  },
  {
    gate: 'LedgerUsable',
    reason: 'LedgerUnreadable',
    when: 'a repair of the node is garbage',
    view: oneBrokenWorker({ rest: { unreadable: new Map([['w0', 'w0-1: phase is 7']]) } }),
    says: /phase is 7/,
  },
]
