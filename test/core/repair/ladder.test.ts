import t from 'tap'
import type { InstanceView } from '../../../src/core/model/instance.ts'
import type { Attempt } from '../../../src/core/model/node-repair.ts'
import type { RolePolicy } from '../../../src/core/model/policy.ts'
import type { RungName } from '../../../src/core/model/rungs.ts'
import { nextRung } from '../../../src/core/repair/ladder.ts'
import { attempt, CALENDAR, HOUR, instance, MINUTE, NOW, plan, policy, repair, rung } from '../../support/pure/view.ts'

const WORKER = policy().roles.worker
const TIME = { now: NOW, calendar: CALENDAR, maxNotSent: 2 }

function next(
  attempts: readonly Attempt[],
  machine: InstanceView | undefined = instance('w0'),
  role: RolePolicy = WORKER,
) {
  return nextRung(repair('w0', { attempts }), machine, role, TIME)
}

function nameOf(found: ReturnType<typeof next>): RungName | 'human' {
  return found.rung === 'human' ? 'human' : found.rung.rung
}

t.test('a running machine begins with a soft reboot, and start is passed over with its reason', async (t) => {
  const found = nextRung(undefined, instance('w0'), WORKER, TIME)
  t.equal(nameOf(found), 'reboot-soft')
  t.strictSame(found.skipped, [{ rung: 'start', reason: 'NotOff' }])
})

for (const power of ['off', 'paused'] as const) {
  t.test(`a machine that the cloud calls ${power} begins with start`, async (t) => {
    t.equal(nameOf(nextRung(undefined, instance('w0', { power }), WORKER, TIME)), 'start')
  })
}

for (const power of ['error', 'moving', 'unknown', 'running'] as const) {
  t.test(`a machine whose power is ${power} is not started`, async (t) => {
    t.equal(nameOf(nextRung(undefined, instance('w0', { power }), WORKER, TIME)), 'reboot-soft')
  })
}

t.test('a machine last seen off by a cloud that now fails to answer is not started', async (t) => {
  const stale = instance('w0', { power: 'off' }, { error: { kind: 'unavailable', message: '503' } })
  t.equal(nameOf(nextRung(undefined, stale, WORKER, TIME)), 'reboot-soft')
})

t.test('each failed rung leads to the next one, and the last to a person', async (t) => {
  const rungs = ['reboot-soft', 'reboot-hard', 'replace'] as const
  const attempts = rungs.map((name, index) => attempt({ id: index + 1, rung: name, state: 'Failed' }))
  t.strictSame(
    [0, 1, 2, 3].map((count) => nameOf(next(attempts.slice(0, count)))),
    ['reboot-soft', 'reboot-hard', 'replace', 'human'],
  )
})

t.test('a verified rung whose soak failed counts as tried', async (t) => {
  t.equal(nameOf(next([attempt({ rung: 'reboot-soft', state: 'Verified' })])), 'reboot-hard')
})

for (const state of ['Issued', 'Confirmed', 'Unknown'] as const) {
  t.test(`an attempt that is ${state} is not finished, so our crash never climbs`, async (t) => {
    t.equal(nameOf(next([attempt({ rung: 'reboot-soft', state })])), 'reboot-soft')
  })
}

t.test('an attempt proven not sent is repeated on the same rung, twice at most', async (t) => {
  const unsent = [1, 2, 3].map((id) => attempt({ id, rung: 'reboot-soft', state: 'NotSent' }))
  t.strictSame(
    [1, 2, 3].map((count) => nameOf(next(unsent.slice(0, count)))),
    ['reboot-soft', 'reboot-soft', 'reboot-hard'],
  )
  t.strictSame(next(unsent).skipped.at(-1), { rung: 'reboot-soft', reason: 'NotSent' })
})

t.test('the way is up only: what was skipped below a tried rung stays skipped', async (t) => {
  t.equal(nameOf(next([attempt({ rung: 'reboot-hard', state: 'Failed' })])), 'replace')
})

t.test('start comes back whenever the machine is proven off, twice in all', async (t) => {
  const off = instance('w0', { power: 'off' })
  const hard = attempt({ id: 1, rung: 'reboot-hard', state: 'Failed' })
  const start = (id: number) => attempt({ id, rung: 'start', state: 'Failed' })
  t.equal(nameOf(next([hard], off)), 'start')
  t.equal(nameOf(next([hard, start(2)], off)), 'start')
  t.equal(nameOf(next([hard, start(2), start(3)], off)), 'replace')
})

t.test('a rung that the provider skips is passed over with the reason of the provider', async (t) => {
  const machine = instance(
    'w0',
    {},
    { plans: [plan('reboot-soft', { verdict: 'skip', reason: 'NoAgent' }), plan('reboot-hard')] },
  )
  const found = next([], machine)
  t.equal(nameOf(found), 'reboot-hard')
  t.match(found.skipped, [{ rung: 'start' }, { rung: 'reboot-soft', reason: 'NoAgent' }])
})

t.test('a rung that the provider does not list is unsupported', async (t) => {
  const found = next([], instance('w0', {}, { plans: [plan('reboot-hard')] }))
  t.equal(nameOf(found), 'reboot-hard')
  t.match(found.skipped, [{ rung: 'start' }, { rung: 'reboot-soft', reason: 'Unsupported' }])
})

t.test('a rung that the provider holds stays the next one, and waits', async (t) => {
  const found = next(
    [],
    instance(
      'w0',
      {},
      { plans: [plan('reboot-soft', { verdict: 'hold', reason: 'NodeGroupUnknown', message: 'no group' })] },
    ),
  )
  t.equal(nameOf(found), 'reboot-soft')
  t.strictSame(found.hold, { reason: 'NodeGroupUnknown', message: 'no group' })
})

t.test('a machine that is gone can only be replaced', async (t) => {
  const gone = instance('w0', {}, { located: { gone: true, slot: true }, state: undefined, plans: [] })
  const found = next([], gone)
  t.equal(nameOf(found), 'replace')
  t.match(found.skipped, [{ rung: 'start' }, { reason: 'InstanceGone' }, { reason: 'InstanceGone' }])
})

t.test('without a word of the cloud nothing is called unsupported', async (t) => {
  t.equal(nameOf(nextRung(undefined, undefined, WORKER, TIME)), 'reboot-soft')
})

t.test('a rung that must wait after a reboot counts from when the reboot was issued', async (t) => {
  const role = { enabled: true, ladder: [rung('reboot-soft'), rung('replace', { delayAfterRebootMs: 20 * MINUTE })] }
  const reboot = (agoMs: number, change: Partial<Attempt> = {}) =>
    attempt({ issuedAt: new Date(CALENDAR - agoMs).toISOString(), ...change })
  t.equal(next([reboot(5 * MINUTE)], instance('w0'), role).waitUntil, NOW + 15 * MINUTE)
  t.equal(next([reboot(20 * MINUTE)], instance('w0'), role).waitUntil, undefined)
  t.match(next([reboot(0, { issuedAt: 'then' })], instance('w0'), role).hold, { reason: 'AttemptUnreadable' })
})

t.test('a rung that left the ladder is not climbed back to', async (t) => {
  const role = { enabled: true, ladder: [rung('reboot-soft'), rung('replace')] }
  t.equal(
    nameOf(
      next(
        [attempt({ rung: 'reboot-soft', state: 'Failed' }), attempt({ id: 2, rung: 'reboot-hard' })],
        instance('w0'),
        role,
      ),
    ),
    'replace',
  )
  t.equal(nameOf(next([attempt({ rung: 'replace' })], instance('w0'), role)), 'human')
})

t.test('an attempt of hours ago without an end finishes nothing', async (t) => {
  const old = attempt({
    state: 'Unknown',
    issuedAt: new Date(CALENDAR - 5 * HOUR).toISOString(),
    finishedAt: undefined,
  })
  t.equal(nameOf(next([old])), 'reboot-soft')
})

t.test('a person who names a rung has the ladder begin there; what is below it was not asked for', async (t) => {
  const found = nextRung(undefined, instance('w0'), WORKER, { ...TIME, from: 'reboot-hard' })
  t.equal(nameOf(found), 'reboot-hard')
  t.match(found.skipped, [{ reason: 'NotAskedFor' }, { rung: 'reboot-soft', reason: 'NotAskedFor' }])
  const after = [attempt({ rung: 'reboot-hard', state: 'Failed' })]
  t.equal(nameOf(nextRung(repair('w0', { attempts: after }), instance('w0'), WORKER, TIME)), 'replace')
})
