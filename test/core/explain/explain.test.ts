import fc from 'fast-check'
import t from 'tap'
import { decide } from '../../../src/core/decide.ts'
import { explain } from '../../../src/core/explain/explain.ts'
import { hintFor } from '../../../src/core/explain/hints.ts'
import { GATES } from '../../../src/core/gates/all.ts'
import { members, nameAt, toView } from '../../support/pure/arbitrary-view.ts'
import {
  attempt,
  failing,
  MINUTE,
  NOW,
  oneBrokenWorker,
  passing,
  policy,
  repair,
  suspicion,
} from '../../support/pure/view.ts'
import { HOLDS } from '../gates/cases/all.ts'
import { REPLACE_ONLY, twoPlanes } from '../gates/cases/pictures.ts'

const RULES = policy()

t.test('a healthy node is told every gate, what holds for it, and that nothing is to be done', async (t) => {
  const found = explain('w1', oneBrokenWorker(), RULES)
  t.match(found, { node: 'w1', kind: 'healthy', rung: undefined, repair: undefined })
  t.strictSame(
    found.gates.map(({ gate }) => gate),
    GATES.map(({ name }) => name),
  )
  t.match(found.summary, /no check fails/)
  t.strictSame(found.changes, ['a check that fails'])
})

t.test('a healthy control-plane node is told what its own loss would leave', async (t) => {
  const quorum = explain('m0', oneBrokenWorker(), RULES).gates.find(({ gate }) => gate === 'Quorum')
  t.match(quorum, { pass: true, message: '3 control-plane nodes, 2 healthy without this one; 2 needed' })
})

t.test('asking about a healthy node changes nobody else', async (t) => {
  fc.assert(
    fc.property(members, fc.nat(39), (all, pick) => {
      const view = toView(all)
      const verdict = decide(view, RULES).verdicts.get(nameAt(pick))
      const found = explain(nameAt(pick), view, RULES)
      if (pick >= all.length) return t.equal(found.kind, 'unknown-node')
      t.equal(found.kind, verdict?.kind ?? 'healthy')
      const said = found.gates.map(({ gate, pass, reason }) => [gate, pass, reason])
      if (verdict !== undefined)
        t.strictSame(
          said,
          verdict.gates.map(({ gate, pass, reason }) => [gate, pass, reason]),
        )
    }),
  )
})

t.test('a name that nobody knows is said to be unknown, with its last repair if there was one', async (t) => {
  t.match(explain('nope', oneBrokenWorker(), RULES), {
    kind: 'unknown-node',
    gates: [],
    summary: /no node of this name among 13/,
  })
  const view = oneBrokenWorker({ repairs: [repair('nope', { phase: 'Succeeded' })] })
  t.match(explain('nope', view, RULES).summary, /nope-1 \(Succeeded\)/)
})

t.test('a node that will be repaired has its numbers in every gate that compares some', async (t) => {
  const found = explain('w0', oneBrokenWorker(), RULES)
  t.match(found, { kind: 'repair', rung: 'reboot-soft', changes: [] })
  t.notOk(
    found.gates.some(({ message }) => message === ''),
    'every gate says something',
  )
  const numbers = (gate: string) => found.gates.find((one) => one.gate === gate)
  t.match(numbers('Breaker'), {
    have: { pool: { bad: 1, of: 10 }, cluster: { bad: 1, of: 13 } },
    need: { poolPercentAtMost: 20 },
  })
  t.match(numbers('UnhealthyFor'), { have: { failedMs: 10 * MINUTE }, need: { failedMs: 5 * MINUTE } })
  t.match(numbers('Rate'), { have: { repairs: 0 }, need: { repairsBelow: 3 } })
})

t.test('checks are listed with how long they fail and how long they must', async (t) => {
  const clocks = [failing(2 * MINUTE), passing({ name: 'Endpoint' })]
  const found = explain('w0', oneBrokenWorker({ suspicions: [suspicion('w0', clocks)] }), RULES)
  t.strictSame(found.checks, [
    { check: 'NodeCondition', status: 'fail', reason: 'NodeNotReady', failingForMs: 2 * MINUTE, needMs: 5 * MINUTE },
    { check: 'Endpoint', status: 'pass', reason: 'Ok', failingForMs: undefined, needMs: 5 * MINUTE },
  ])
  t.equal(found.kind, 'watch')
  t.match(found.changes, [/^UnhealthyFor: the check goes on failing, or 3m of waiting$/])
})

t.test('an open repair is named with its phase, and a finished one stays worth reading', async (t) => {
  const open = repair('w0', { phase: 'Parked', reason: 'NeedsHuman', message: 'tried all' })
  t.strictSame(explain('w0', oneBrokenWorker({ repairs: [open] }), RULES).repair, {
    name: 'w0-1',
    phase: 'Parked',
    reason: 'NeedsHuman',
    message: 'tried all',
  })
  const ended = repair('w1', { phase: 'Succeeded', attempts: [attempt()] })
  t.match(explain('w1', oneBrokenWorker({ repairs: [ended] }), RULES).repair, { name: 'w1-1', phase: 'Succeeded' })
})

for (const one of HOLDS) {
  t.test(`${one.gate} (${one.reason}) is explained with a remedy when ${one.when}`, async (t) => {
    const found = explain(one.node ?? 'w0', one.view, one.policy ?? RULES)
    t.equal(found.kind, one.kind ?? 'hold')
    t.equal(found.changes.length, 1)
    t.match(found.changes[0], new RegExp(`^${one.gate}: `))
    t.not(hintFor(one.gate, one.reason), 'unknown')
    t.match(found.summary, found.gates.find(({ pass }) => !pass)?.message)
    if (one.changesAt !== undefined) t.match(found.changes[0], /or .* of waiting/)
  })
}

t.test('who was asked, and how many sources the rung needs, is said in plain words', async (t) => {
  const says = (rules = RULES, picture = oneBrokenWorker(twoPlanes)): string | undefined =>
    explain('w0', picture, rules).gates.find(({ gate }) => gate === 'Witness')?.message
  t.equal(
    says(),
    "NodeCondition (by the kubelet's own report) says NotReady; reboot-soft needs one source that no other contradicts. " +
      'Also asked: NodeLease (by the heartbeat) says Silent',
  )
  t.match(says(RULES, oneBrokenWorker()), /No other source could tell$/)
  t.equal(
    says(REPLACE_ONLY),
    "2 independent sources call the node broken, and replace needs two: the kubelet's own report and the heartbeat",
  )
})

t.test('the moment of the picture is the only clock', async (t) => {
  t.equal(oneBrokenWorker().now, NOW)
  t.strictSame(explain('w0', oneBrokenWorker(), RULES), explain('w0', oneBrokenWorker(), RULES))
})
