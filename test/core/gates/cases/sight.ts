import { DAY, HOUR, MINUTE, NOW, oneBrokenWorker, SECOND } from '../../../support/pure/view.ts'
import type { HoldCase } from './pictures.ts'

export const SIGHT: readonly HoldCase[] = [
  {
    gate: 'OwnSight',
    reason: 'Blind',
    when: 'a watch has been blind for 31 s',
    view: oneBrokenWorker({ sight: { blindSince: NOW - 31 * SECOND, blindSource: 'nodes' } }),
    says: /not seen nodes for 31s/,
  },
  {
    gate: 'OwnSight',
    reason: 'StoodStill',
    when: 'the process stood still for 12 s a moment ago',
    view: oneBrokenWorker({
      sight: { blindSince: NOW - 13 * SECOND, stoodStill: { until: NOW - SECOND, lostMs: 12 * SECOND } },
    }),
    says: /own process stood still for 12s until 1s ago/,
  },
  {
    gate: 'OwnSight',
    reason: 'SightRegained',
    when: 'the clocks ran through a gap',
    view: oneBrokenWorker({ sight: { seeingSince: NOW - MINUTE } }),
    says: /sees again since 1m/,
    changesAt: NOW + 4 * MINUTE,
  },
  {
    gate: 'OwnSight',
    reason: 'ClockSkew',
    when: 'the own clock is 31 s ahead',
    view: oneBrokenWorker({ sight: { skewMs: 31 * SECOND } }),
    says: /31s ahead of the API server/,
  },
  {
    gate: 'OwnSight',
    reason: 'ClockSkew',
    when: 'the own clock is a day behind',
    view: oneBrokenWorker({ sight: { skewMs: -DAY } }),
    says: /1d behind/,
  },
  {
    gate: 'OwnSight',
    reason: 'ClockSkew',
    when: 'the skew is no number',
    view: oneBrokenWorker({ sight: { skewMs: Number.NaN } }),
    says: /clock/,
  },
  {
    gate: 'OwnSight',
    reason: 'RepairsBehind',
    when: 'the store of repairs is older than the last write',
    view: oneBrokenWorker({ sight: { repairsBehind: true } }),
    says: /older than its own last write/,
  },
  {
    gate: 'OwnSight',
    reason: 'MassSilence',
    when: '6 of 10 leases went stale together',
    view: oneBrokenWorker({
      sight: { leases: { total: 10, staleTogether: 6, since: NOW - MINUTE, ownRenewalsFine: true } },
    }),
    says: /6 of 10 nodes fell silent within 40s/,
    changesAt: NOW + 9 * MINUTE,
  },
  {
    gate: 'OwnSight',
    reason: 'MassSilence',
    when: 'own renewals fail too, however long it lasts',
    view: oneBrokenWorker({
      sight: { leases: { total: 10, staleTogether: 6, since: NOW - HOUR, ownRenewalsFine: false } },
    }),
    says: /6 of 10/,
  },
]
