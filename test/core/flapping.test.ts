import t from 'tap'
import { decide } from '../../src/core/decide.ts'
import { explain } from '../../src/core/explain/explain.ts'
import type { CheckClock } from '../../src/core/model/finding.ts'
import type { Verdict } from '../../src/core/model/view.ts'
import { newRepair } from '../../src/core/repair/new-repair.ts'
import { runTimers } from '../../src/core/repair/repair-timers.ts'
import { FLAPPING_RULE, flapping } from '../support/pure/flapping.ts'
import {
  attemptFailed,
  cancelled,
  flat,
  inPhase,
  next,
  pending,
  READY,
  rebooted,
  succeeded,
  verified,
  viewOf,
  waits,
} from '../support/pure/scene.ts'
import {
  attempt,
  CALENDAR,
  failing,
  HOUR,
  MINUTE,
  masters,
  NOW,
  oneBrokenWorker,
  passing,
  policy,
  repair,
  SECOND,
  suspicion,
  workers,
} from '../support/pure/view.ts'

const FLAPS = flapping(MINUTE)
const SILENT = flapping(MINUTE, true)

function verdictOf(clocks: readonly CheckClock[], restless: readonly string[] = [], change = {}): Verdict | undefined {
  const until = NOW + 20 * MINUTE
  const rest = { restless: new Map(restless.map((name) => [name, until])) }
  const seen = oneBrokenWorker({ suspicions: [suspicion('w0', clocks)], rest, ...change })
  return decide(seen, policy()).verdicts.get('w0')
}

t.test('a node that flaps is repaired, though it passes now', async (t) => {
  for (const clock of [FLAPS, SILENT]) t.match(verdictOf([clock]), { kind: 'repair', rung: 'reboot-soft' })
})

t.test('why, the event and the NodeRepair tell the changes', async (t) => {
  const told = /Flapping: 6 changes within 5m \(NodeNotReady\): failed for 1m, passed for 1m, .* passes now/
  const seen = viewOf({ clocks: [FLAPS] })
  const { gates, checks } = explain('w0', oneBrokenWorker({ suspicions: [suspicion('w0', [FLAPS])] }), policy())
  t.match(gates.find(({ gate }) => gate === 'UnhealthyFor')?.message, told)
  t.match(checks, [{ status: 'fail', reason: 'Flapping', failingForMs: 6 * MINUTE }])
  t.match(newRepair('w0', seen, { provider: 'pretend', policyHash: 'hash' }), {
    said: { reason: 'RepairOpened', message: /NodeCondition: Flapping for 360s: 6 changes within 5m/ },
    spec: { evidence: [{ plane: 'kubelet', symptom: 'NotReady', reason: 'Flapping', message: /^6 changes/ }] },
  })
})

t.test(
  'it is evidence of its own plane only: another one that sees the same symptom pass contradicts it',
  async (t) => {
    const denying = passing({ name: 'Other', plane: 'probe', symptom: 'NotReady' })
    const gates = verdictOf([FLAPS, denying])?.gates.filter(({ pass }) => !pass)
    t.match(gates, [{ gate: 'Witness', reason: 'Contradicted' }])
  },
)

t.test('another node that comes and goes holds those that are not heard, of its pool or zone only', async (t) => {
  const others = [...masters(3), ...workers(10)]
  const elsewhere = others.map((node) => (node.name === 'w5' ? { ...node, pool: 'other' } : node))
  t.equal(verdictOf([SILENT], ['w0', 'w5'])?.kind, 'hold')
  t.equal(verdictOf([FLAPS], ['w0', 'w5'])?.kind, 'repair', 'the kubelet says so itself')
  t.equal(verdictOf([SILENT], ['w0'])?.kind, 'repair', 'it is alone')
  t.equal(verdictOf([SILENT], ['w0', 'w5'], { nodes: elsewhere })?.kind, 'repair')
  const zoned = elsewhere.map((node) => ({ ...node, zone: 'a' }))
  t.equal(verdictOf([SILENT], ['w0', 'w5'], { nodes: zoned })?.kind, 'hold')
  t.equal(verdictOf([SILENT, failing(10 * MINUTE, { name: 'Disk' })], ['w0', 'w5'])?.kind, 'repair', 'a plain failure')
})

t.test(
  'one that is not heard is rebooted once: that it goes on after the new boot is for a person to decide about',
  async (t) => {
    const failed = attempt({ rung: 'reboot-soft', state: 'Failed', reason: 'SoakFailed' })
    const repairs = [repair('w0', { attempts: [{ ...failed, finishedAt: new Date(CALENDAR - HOUR).toISOString() }] })]
    const held = (clock: CheckClock) => verdictOf([clock], [], { repairs })?.gates.filter(({ pass }) => !pass)
    t.match(held(SILENT), [{ gate: 'CorrelatedCause', reason: 'FlapsAfterReboot', message: /w0-1 has rebooted it/ }])
    t.match(held(FLAPS), [], 'the kubelet says so itself')
  },
)

t.test('a check that is at rest does not hold another one that is due', async (t) => {
  t.equal(verdictOf([flapping(10 * MINUTE), failing(10 * MINUTE, { name: 'Disk' })])?.kind, 'repair')
})

const evidence = [
  { ...{ check: 'NodeCondition', plane: 'kubelet', symptom: 'NotReady' }, reason: 'Flapping', failingForSeconds: 360 },
]
const ofFlapping = { spec: { evidence } }
const proven = { node: { conditions: [READY] }, instance: rebooted() }

t.test('what went to and fro before the new boot does not stand in the way of its proof', async (t) => {
  const scene = { ...proven, repair: inPhase('Verifying'), clocks: [FLAPS], timer: { countedMs: MINUTE, wellMs: 1 } }
  const seen = viewOf(scene)
  const timer = runTimers(seen.timers, seen, policy(), SECOND).get('w0-1')
  t.equal(timer?.wellMs, 1 + SECOND)
  t.match(flat(next(scene)), verified)
  const first = { ...scene, instance: rebooted({ bootedAfter: NOW }) }
  t.match(flat(next(first)), { status: { phase: 'Soaking', reason: undefined } }, 'no recovery of its own')
})

t.test('its soak is a quiet window at least, and flapping again fails it', async (t) => {
  const flapped = { ...inPhase('Soaking'), ...{ spec: { ...inPhase('Soaking').spec, ...ofFlapping.spec } } }
  const clocks = [passing({ flapping: FLAPPING_RULE })]
  const after = (ms: number): object =>
    flat(next({ ...proven, repair: flapped, clocks, timer: { wellMs: ms, countedMs: ms } }))
  t.match(after(30 * MINUTE - 1), waits(1))
  t.match(after(30 * MINUTE), succeeded)
  const again = flat(next({ ...proven, repair: flapped, clocks: [FLAPS], timer: { countedMs: 7 * MINUTE } }))
  t.match(again, attemptFailed('SoakFailed'))
  t.match(again, { status: { attempts: [{ message: /NodeCondition fails again: Flapping: 6 changes/ }] } })
  const other = { ...proven, repair: inPhase('Soaking'), clocks, timer: { wellMs: 5 * MINUTE, countedMs: 5 * MINUTE } }
  t.match(flat(next(other)), succeeded, 'that of another fault is as ever')
})

t.test('a repair that has not begun is cancelled by a quiet window, not by a pass', async (t) => {
  const scene = { node: { conditions: [READY] }, repair: pending(), timer: { wellMs: MINUTE } }
  t.match(flat(next({ ...scene, clocks: [passing({ flapping: FLAPPING_RULE })] })), cancelled('Recovered'))
  const seen = viewOf({ ...scene, clocks: [flapping(10 * MINUTE)] })
  t.equal(runTimers(seen.timers, seen, policy(), SECOND).get('w0-1')?.wellMs, 0)
})

t.test('many that flap are bad, all the time: the breaker counts them while they pass', async (t) => {
  const names = ['w0', 'w1', 'w2']
  const suspicions = names.map((name, index) => suspicion(name, [flapping(MINUTE + index * 8 * MINUTE)]))
  const seen = oneBrokenWorker({ suspicions })
  const held = decide(seen, policy())
    .verdicts.get('w0')
    ?.gates.filter(({ pass }) => !pass)
  t.match(held, [{ gate: 'Breaker', reason: 'BreakerOpen' }])
})
