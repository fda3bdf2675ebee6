import t from 'tap'
import { isUnhealthy, stepClock } from '../../../src/core/evidence/clocks.ts'
import type { CheckClock, FindingStatus } from '../../../src/core/model/finding.ts'
import { check, MINUTE } from '../../support/pure/view.ts'

type Look = readonly [at: number, status: FindingStatus]

function run(unhealthyDurationMs: number, ...looks: readonly Look[]): CheckClock {
  const step = (clock: CheckClock | undefined, [at, status]: Look): CheckClock =>
    stepClock(clock, check({ unhealthyDurationMs }), { status, reason: 'Seen', seenAt: at }, at)
  const clock = looks.reduce<CheckClock | undefined>(step, undefined)
  if (clock === undefined) throw new Error('run: no looks')
  return clock
}

const SILENCE = 2 * MINUTE
const BLIP: readonly Look[] = [
  [0, 'fail'],
  [200, 'unknown'],
]

t.test('what was seen before a long silence is forgotten: blips of months do not add up', async (t) => {
  const short = run(300, ...BLIP, [200 + SILENCE - 1, 'fail'])
  t.equal(isUnhealthy(short, 200 + SILENCE + 99), true, 'it failed for 200 before, and for 100 now')
  t.equal(run(300, ...BLIP, [200 + SILENCE, 'fail']).failingSince, 200 + SILENCE)
  t.equal(run(300, ...BLIP, [900, 'unknown'], [200 + SILENCE, 'fail']).failingSince, 200 + SILENCE, 'looked at between')
  t.equal(run(SILENCE + 1, ...BLIP, [200 + SILENCE, 'fail']).failingSince, SILENCE, 'not before its unhealthyDuration')
})

t.test('a check that fell silent keeps no node suspect for ever', async (t) => {
  const silent = run(300, ...BLIP, [900, 'unknown'], [200 + SILENCE, 'unknown'])
  t.match(silent, { failingSince: undefined, unknownSince: 200 })
})
