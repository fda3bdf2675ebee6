// A check that is unknown all the time, such as NodeCondition of a condition that the node does not have.
import t from 'tap'
import { nodeHealth } from '../../../../src/core/evidence/node-health.ts'
import type { CheckClock } from '../../../../src/core/model/finding.ts'
import { runTimers } from '../../../../src/core/repair/repair-timers.ts'
import {
  cancelled,
  flat,
  inPhase,
  NOT_READY,
  next,
  pending,
  READY,
  rebooted,
  type Scene,
  viewOf,
  waits,
} from '../../../support/pure/scene.ts'
import { check, failing, MINUTE, NOW, passing, policy } from '../../../support/pure/view.ts'

const unknown = (forMs: number): CheckClock => ({
  check: check({ name: 'Network' }),
  finding: { status: 'unknown', reason: 'NoSuchCondition', message: 'the node has no condition X', seenAt: NOW },
  failingSince: undefined,
  passingSince: undefined,
  unknownSince: NOW - forMs,
})

t.test('a reboot is proven without it, and it is named once', async (t) => {
  const scene = (forMs: number): Scene => ({
    repair: inPhase('Verifying'),
    node: { conditions: [READY] },
    instance: rebooted(),
    clocks: [passing(), unknown(forMs)],
  })
  const proving = (forMs: number): object => {
    const view = viewOf(scene(forMs))
    t.equal(nodeHealth(view.nodes.get('w0'), view, policy()), forMs < 2 * MINUTE ? 'unknown' : 'well')
    const timer = runTimers(view.timers, view, policy(), 5_000).get('w0-1')
    return flat(next({ ...scene(forMs), timer: { ...timer, countedMs: 2 * MINUTE } }))
  }
  t.match(proving(2 * MINUTE - 1), waits(), 'a check that is slow is waited for')
  t.match(proving(2 * MINUTE), {
    status: { phase: 'Soaking' },
    said: { message: /what says nothing .*: Network \(the node has no condition X\)$/ },
  })
})

t.test('a repair of which no check fails any more ends, though the node is not what nobody asks for', async (t) => {
  const ask = (...clocks: readonly CheckClock[]): object =>
    flat(next({ repair: pending(), node: { conditions: [NOT_READY] }, clocks }))
  t.match(ask(passing(), unknown(2 * MINUTE)), cancelled('Recovered'))
  t.match(ask(passing(), unknown(2 * MINUTE - 1)), waits())
  t.match(ask({ ...passing(), passingSince: NOW - 2 * MINUTE + 1 }), waits(), 'it has just begun to pass')
  t.match(ask({ ...passing({ healthyDurationMs: 9 * MINUTE }), passingSince: NOW - 5 * MINUTE }), waits())
  t.notMatch(ask(failing(MINUTE), unknown(10 * MINUTE)), cancelled('Recovered'))
  t.match(ask(), waits(), 'no check has looked yet')
})
