import fc from 'fast-check'
import t from 'tap'
import { isFailing, stepClock } from '../../../src/core/evidence/clocks.ts'
import { nodeHealth, statusAt } from '../../../src/core/evidence/node-health.ts'
import { statements } from '../../../src/core/evidence/sources.ts'
import type { CheckClock, Finding } from '../../../src/core/model/finding.ts'
import type { NodeFacts } from '../../../src/core/model/node.ts'
import { READY } from '../../support/pure/scene.ts'
import {
  check,
  failing,
  HOUR,
  MINUTE,
  NOW,
  node,
  passing,
  policy,
  SECOND,
  suspicion,
  view,
} from '../../support/pure/view.ts'

t.test('from validUntil on a finding is unknown, for the clocks and for everybody else alike', async (t) => {
  const at = (status: Finding['status'], validUntil?: number): Finding => ({
    status,
    reason: 'Seen',
    seenAt: NOW - SECOND,
    ...(validUntil === undefined ? {} : { validUntil }),
  })
  t.equal(statusAt(at('fail', NOW + 1), NOW), 'fail', 'a moment before')
  t.equal(statusAt(at('fail', NOW), NOW), 'unknown', 'at that very moment')
  t.equal(statusAt(at('fail', NOW - 1), NOW), 'unknown')
  t.equal(statusAt(at('fail'), NOW), 'fail', 'without an end it holds')

  fc.assert(
    fc.property(fc.constantFrom('pass', 'fail', 'unknown'), fc.integer({ min: -2, max: 2 }), (status, ahead) => {
      const finding = at(status, NOW + ahead)
      const clock: CheckClock = { ...failing(SECOND), finding }
      const seen = stepClock(undefined, check(), finding, NOW).finding.status
      return seen === statusAt(finding, NOW) && isFailing(clock, NOW) === (seen === 'fail')
    }),
  )
})

t.test('an expired finding is no statement, of a check or of a witness', async (t) => {
  const finding: Finding = { status: 'pass', reason: 'Ok', seenAt: NOW - SECOND, validUntil: NOW }
  const about = suspicion('w0', [{ ...passing(), finding }], {
    witnesses: [{ plane: 'probe', symptom: 'Unreachable', finding }],
  })
  t.equal(statements(about, NOW - 1).length, 2)
  t.same(statements(about, NOW), [])
})

const AGES = { fresh: 40 * SECOND, stale: 40 * SECOND + 1 }
const expired: CheckClock = { ...passing(), finding: { ...passing().finding, validUntil: NOW } }
/** It has said nothing for two minutes and `moreMs`. */
const mute = (moreMs: number): CheckClock => ({
  ...stepClock(
    undefined,
    check(),
    { status: 'unknown', reason: 'NoSuchCondition', seenAt: NOW - 2 * MINUTE - moreMs },
    NOW - 2 * MINUTE - moreMs,
  ),
})
const one = (change: Partial<NodeFacts> = {}): NodeFacts => node('w0', { conditions: [READY], ...change })

const CASES: readonly (readonly [
  what: string,
  expected: string,
  facts: NodeFacts | undefined,
  age?: number,
  clocks?: readonly CheckClock[],
])[] = [
  ['no Node', 'ill', undefined],
  ['a Node that is being deleted', 'ill', one({ deleting: true })],
  ['no heartbeat ever seen', 'unknown', one(), Number.NaN],
  ['a heartbeat of the highest age allowed', 'well', one(), AGES.fresh],
  ['an older heartbeat', 'ill', one(), AGES.stale],
  ['no Ready condition', 'ill', one({ conditions: [] })],
  ['Ready is False', 'ill', one({ conditions: [{ type: 'Ready', status: 'False' }] })],
  ['Ready is Unknown', 'ill', one({ conditions: [{ type: 'Ready', status: 'Unknown' }] })],
  ['every check passes', 'well', one(), 0, [passing(), passing()]],
  ['one check fails, another could not look', 'ill', one(), 0, [expired, failing(1)]],
  ['a check has said nothing for a little less than two minutes', 'unknown', one(), 0, [passing(), mute(-1)]],
  ['a check has said nothing for two minutes: it proves and disproves nothing', 'well', one(), 0, [passing(), mute(0)]],
  ['one that says nothing does not hide one that fails', 'ill', one(), 0, [mute(HOUR), failing(1)]],
  [
    'a check that expired two minutes ago',
    'well',
    one(),
    0,
    [{ ...expired, finding: { ...expired.finding, validUntil: NOW - 2 * MINUTE } }],
  ],
  ['a check that passes has expired', 'unknown', one(), 0, [passing(), expired]],
]

for (const [what, expected, facts, age = 0, clocks = []] of CASES) {
  t.test(`${what}: ${expected}`, async (t) => {
    const heartbeats = new Map(Number.isNaN(age) ? [] : [['w0', { renewTime: 'x', changedAt: NOW - age }]])
    const picture = view({
      nodes: facts === undefined ? [] : [facts],
      suspicions: [suspicion('w0', clocks)],
      rest: { heartbeats },
    })
    t.equal(nodeHealth(facts, picture, policy()), expected)
  })
}
