import { flapping } from '../../../support/pure/flapping.ts'
import { MINUTE, NOW, oneBrokenWorker, suspicion } from '../../../support/pure/view.ts'
import type { HoldCase } from './pictures.ts'

const restless = new Map([
  ['w0', NOW + 29 * MINUTE],
  ['w5', NOW + 20 * MINUTE],
])

export const FLAPS: readonly HoldCase[] = [
  {
    gate: 'UnhealthyFor',
    reason: 'FlappingRests',
    when: 'it flapped, and passes for as long as it would have to fail',
    view: oneBrokenWorker({ suspicions: [suspicion('w0', [flapping(5 * MINUTE)])] }),
    says: /NodeCondition flaps, but has passed for 5m now: 6 changes within 5m \(NodeNotReady\): failed for 1m, passed/,
    kind: 'watch',
    changesAt: NOW + 25 * MINUTE,
  },
  {
    gate: 'CorrelatedCause',
    reason: 'FlappingTogether',
    when: 'another node of its pool falls silent and comes back, too, though at other moments',
    view: oneBrokenWorker({ suspicions: [suspicion('w0', [flapping(MINUTE, true)])], rest: { restless } }),
    says: /w5 of its pool or zone comes and goes, too/,
    changesAt: NOW + 20 * MINUTE,
  },
]
