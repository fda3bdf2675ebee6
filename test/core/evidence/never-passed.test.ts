import t from 'tap'
import { restartClock, stepClock } from '../../../src/core/evidence/clocks.ts'
import { statements, witnessesAgainst } from '../../../src/core/evidence/sources.ts'
import type { CheckClock, FindingStatus } from '../../../src/core/model/finding.ts'
import { check, failing, MINUTE, NOW, suspicion } from '../../support/pure/view.ts'

const PROBE = check({ name: 'Endpoint', plane: 'probe', symptom: 'Endpoint:6443' })
const step = (clock: CheckClock | undefined, status: FindingStatus, seenAt: number): CheckClock =>
  stepClock(clock, PROBE, { status, reason: 'Refused', seenAt }, seenAt)
const silent = failing(MINUTE, { name: 'NodeLease', plane: 'lease', symptom: 'Silent' })
const against = (clock: CheckClock): readonly string[] =>
  witnessesAgainst(statements(suspicion('w0', [silent, clock]), NOW), undefined)

t.test('a probe is a second witness only on a node on which it has been seen to pass', async (t) => {
  const never = step(step(undefined, 'unknown', NOW - MINUTE), 'fail', NOW)
  t.same(against(never), ['lease'])
  t.same(against(step(step(never, 'pass', NOW), 'fail', NOW)), ['lease', 'probe'])
})

t.test('a gap in our own sight neither takes that away nor gives it', async (t) => {
  const passed = step(undefined, 'pass', NOW - MINUTE)
  t.same(against(step(restartClock(passed, NOW - 1), 'fail', NOW)), ['lease', 'probe'])
  const never = step(undefined, 'fail', NOW - MINUTE)
  t.same(against(step(restartClock(never, NOW - 1), 'fail', NOW)), ['lease'])
})
