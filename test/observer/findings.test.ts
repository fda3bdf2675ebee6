import t from 'tap'
import type { Finding, FindingStatus } from '../../src/core/model/finding.ts'
import type { JudgeCheck } from '../../src/core/ports/health-check.ts'
import { createFindings } from '../../src/observer/findings.ts'
import { node } from '../support/pure/view.ts'

function judging(name: string, judge: (ageMs: number | undefined, now: number) => Finding): JudgeCheck {
  return {
    ...{ kind: 'judge', name, type: 'Test', plane: 'lease', symptom: 'Silent' },
    ...{ unhealthyDurationMs: 60_000, healthyDurationMs: 0 },
    judge: (_facts, ageMs, now) => judge(ageMs, now),
  }
}

function always(name: string, status: FindingStatus): JudgeCheck {
  return judging(name, (_age, now) => ({ status, reason: 'Test', seenAt: now }))
}

const stale = judging('Lease', (ageMs = 0, now) =>
  ageMs <= 40
    ? { status: 'pass', reason: 'Fresh', seenAt: now, changesAt: now + 41 - ageMs }
    : { status: 'fail', reason: 'Stale', seenAt: now },
)

t.test('a node that every judge lets pass is settled until one asked to look again', async (t) => {
  const findings = createFindings()
  findings.setChecks({ master: [], worker: [stale] })
  const worker = node('w')
  t.notOk(findings.isSettled('w'), 'not before it was judged')
  findings.judge(worker, 10, 100, 0)
  const version = findings.failingVersion
  t.ok(findings.isSettled('w'))
  t.strictSame(findings.due(130), [])
  t.strictSame(findings.due(131), ['w'])
  findings.judge(worker, 41, 131, 0)
  t.notOk(findings.isSettled('w'), 'a failing one is judged at every heartbeat')
  t.match(findings.clocksOf('w'), [{ failingSince: 131 }])
  t.not(findings.failingVersion, version, 'who fails is another set')
  findings.judge(worker, 0, 132, 0)
  t.ok(findings.isSettled('w'))
})

t.test('after a gap in our sight nobody is settled', async (t) => {
  const findings = createFindings()
  findings.setChecks({ master: [], worker: [stale] })
  findings.judge(node('w'), 0, 100, 0)
  findings.restart(200)
  t.notOk(findings.isSettled('w'))
  t.match(findings.clocksOf('w'), [{ finding: { status: 'unknown', reason: 'SightGap' }, failingSince: undefined }])
})

t.test(
  'a check taken away from one role leaves nothing behind there, though the other role has one of its name',
  async (t) => {
    const findings = createFindings()
    const ofMasters = always('NodeLease', 'fail')
    findings.setChecks({ master: [ofMasters], worker: [always('NodeLease', 'fail')] })
    findings.judge(node('w'), 0, 100, 0)
    findings.judge(node('m', { role: 'master' }), 0, 100, 0)
    t.strictSame([...findings.failing()], ['w', 'm'])
    findings.setChecks({ master: [ofMasters], worker: [] })
    t.strictSame([...findings.failing()], ['m'])
    t.strictSame(findings.clocksOf('w'), [])
  },
)

t.test("a node whose role label flips is judged by its new role's checks alone", async (t) => {
  const findings = createFindings()
  const ofWorkers = always('Strict', 'fail')
  findings.setChecks({ master: [always('Mild', 'pass')], worker: [ofWorkers] })
  findings.judge(node('n'), 0, 100, 0)
  t.ok(findings.failing().has('n'))
  findings.judge(node('n', { role: 'master' }), 0, 101, 0)
  t.notOk(findings.failing().has('n'))
  findings.take('n', ofWorkers, { status: 'fail', reason: 'Late', seenAt: 102 })
  t.match(findings.clocksOf('n'), [{ check: { name: 'Mild' } }], 'a late answer of the old role is not taken')
})

t.test('a check that is new has a clock of every node, the well ones too', async (t) => {
  const findings = createFindings()
  const old = always('Old', 'pass')
  findings.setChecks({ master: [], worker: [old] })
  findings.judge(node('w'), 0, 100, 0)
  findings.setChecks({ master: [], worker: [old, always('New', 'pass')] })
  findings.judge(node('w'), 0, 101, 0)
  t.match(findings.clocksOf('w'), [{ check: { name: 'Old' } }, { check: { name: 'New' } }])
})

t.test('a well node that stays well is asked again when its judges want it, for ever', async (t) => {
  const findings = createFindings()
  findings.setChecks({ master: [], worker: [stale] })
  for (let now = 0; now <= 205; now += 41) {
    t.strictSame(findings.due(now), now === 0 ? [] : ['w'])
    findings.judge(node('w'), 0, now, 0)
    t.strictSame(findings.due(now + 40), [])
  }
})

t.test('nodes that are well together share their clocks, and part when one of them fails', async (t) => {
  const findings = createFindings()
  findings.setChecks({ master: [], worker: [stale] })
  findings.judge(node('a'), 0, 100, 0)
  findings.judge(node('b'), 20, 100, 0)
  t.equal(findings.clocksOf('a'), findings.clocksOf('b'))
  t.strictSame(findings.due(121), ['b'], 'each is asked at its own time')
  findings.judge(node('b'), 41, 121, 0)
  t.match(findings.clocksOf('b'), [{ failingSince: 121 }])
  t.match(findings.clocksOf('a'), [{ failingSince: undefined }])
  findings.restart(200)
  t.match(findings.clocksOf('b'), [{ finding: { reason: 'SightGap' }, failingSince: undefined }])
  t.strictSame([...findings.failing()], [])
})

t.test('nodes that fail together share their clocks too, and each is well again by itself', async (t) => {
  const findings = createFindings()
  findings.setChecks({ master: [], worker: [stale] })
  findings.judge(node('a'), 41, 100, 0)
  findings.judge(node('b'), 60, 100, 0)
  t.equal(findings.clocksOf('a'), findings.clocksOf('b'))
  t.strictSame([...findings.failing()], ['a', 'b'])
  findings.judge(node('b'), 0, 110, 0)
  t.match(findings.clocksOf('a'), [{ failingSince: 100 }])
  t.match(findings.clocksOf('b'), [{ failingSince: undefined }])
  t.strictSame([...findings.failing()], ['a'])
})

const LOOKS: readonly (readonly [at: number, ageMs: number])[] = [
  [100, 0],
  [200, 50],
  [300, 0],
  [400, 50],
]

function comesAndGoes(nodes: readonly string[]): ReturnType<typeof createFindings> {
  const findings = createFindings()
  const check = { ...stale, flapping: { changes: 4, windowMs: 60_000 } }
  findings.setChecks({ master: [], worker: [check] })
  for (const [at, ageMs] of LOOKS) for (const name of nodes) findings.judge(node(name), ageMs, at, 0)
  return findings
}

t.test(
  'a node that failed twice is restless, well or not, until its window is over or it is another Node',
  async (t) => {
    const findings = comesAndGoes(['w'])
    t.strictSame([...findings.restless()], [['w', 60_400]])
    findings.judge(node('w'), 0, 500, 0)
    t.match(findings.clocksOf('w'), [{ finding: { reason: 'Flapping', status: 'fail' } }])
    t.notOk(findings.isSettled('w'), 'it is judged at every heartbeat')
    t.ok(findings.failing().has('w'), 'it is bad while it passes')
    t.strictSame([...findings.restless()], [['w', 60_500]])
    findings.judge(node('w'), 0, 60_499, 0)
    t.ok(findings.failing().has('w'))
    findings.judge(node('w'), 0, 60_500, 0)
    t.notOk(findings.failing().has('w'), 'a quiet window ends it')
    t.equal(findings.restless().size, 0)
    findings.forget('w')
    t.equal(findings.restless().size, 0, 'another Node under the name begins anew')
    t.equal(comesAndGoes([]).restless().size, 0)
  },
)

t.test('after a gap in our sight, and after a proven new boot, nobody is restless', async (t) => {
  for (const end of ['restart', 'renew'] as const) {
    const findings = comesAndGoes(['w'])
    if (end === 'restart') findings.restart(450)
    else findings.renew('w', 450)
    t.equal(findings.restless().size, 0)
    findings.judge(node('w'), 0, 500, 0)
    t.match(findings.clocksOf('w'), [{ finding: { status: 'pass' } }], end)
  }
})

t.test('nodes that went to and fro together share their clocks: thousands of them cost one', async (t) => {
  const findings = comesAndGoes(['a', 'b'])
  t.equal(findings.clocksOf('a'), findings.clocksOf('b'))
  findings.judge(node('a'), 0, 500, 0)
  findings.judge(node('b'), 0, 501, 0)
  t.not(findings.clocksOf('a'), findings.clocksOf('b'))
})
