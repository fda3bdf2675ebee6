import fc from 'fast-check'
import t from 'tap'
import { APPROVAL_ANNOTATION } from '../../../src/core/annotations/approval.ts'
import { decide } from '../../../src/core/decide.ts'
import type { NodeRepair } from '../../../src/core/model/node-repair.ts'
import type { View } from '../../../src/core/model/view.ts'
import { attempt, CALENDAR, HOUR, instance, MINUTE, policy, repair } from '../../support/pure/view.ts'
import { afterOthers } from '../gates/cases/pictures.ts'

/** Loose limits: what is asked here is SerialCause alone. */
const RULES = policy({
  breaker: { poolPercent: 100, clusterPercent: 100, smallPool: 4 },
  inFlight: { pool: { percent: 100, min: 1 }, masters: 1 },
  rate: { perNode: 100, perNodeWindowMs: HOUR, perHour: 1_000, perDay: 1_000 },
})
const BEFORE = fc.array(fc.integer({ min: -4 * HOUR, max: 4 * HOUR }), { maxLength: 8 })

function isHeld(view: View, rules = RULES): boolean {
  const verdict = decide(view, rules).verdicts.get('w0')
  return verdict?.gates.some(({ gate, pass }) => gate === 'SerialCause' && !pass) ?? false
}

/** The rule said the slow way: how many groups with more than a minute between them, this one's own not counted. */
function inSeries(beforeMs: readonly number[]): number {
  const times = [0, ...beforeMs.filter((ms) => ms >= 0 && ms <= 2 * HOUR)].sort((a, b) => a - b)
  return times.filter((ms, index) => index > 0 && ms - (times[index - 1] ?? 0) > MINUTE).length
}

t.test('the third of a pool that needs help within two hours is always held, and never the second', async (t) => {
  let held = 0
  fc.assert(
    fc.property(BEFORE, (beforeMs) => {
      const answer = isHeld(afterOthers(beforeMs))
      t.equal(answer, inSeries(beforeMs) >= 2, `${beforeMs}`)
      if (answer) held += 1
    }),
    { numRuns: 300 },
  )
  t.ok(held > 20, `held ${held} times`)
})

t.test('the same node again and again is never a series', async (t) => {
  fc.assert(
    fc.property(BEFORE, (beforeMs) => {
      const again = beforeMs.map((ms, index) =>
        repair('w1', { phase: 'Succeeded' }, { name: `w1-${index}`, createdAt: CALENDAR - ms }),
      )
      t.notOk(isHeld(including(afterOthers([]), again)))
    }),
    { numRuns: 100 },
  )
})

t.test('the first two of a series are never held when they fail once more within its two hours', async (t) => {
  fc.assert(
    fc.property(BEFORE, fc.integer({ min: 0, max: HOUR }), (beforeMs, longer) => {
      const first = Math.min(2 * HOUR, Math.max(0, ...beforeMs.filter((ms) => ms <= 2 * HOUR)) + longer)
      const own = repair('w0', { phase: 'Succeeded' }, { name: 'w0-before', createdAt: CALENDAR - first })
      const others = beforeMs.filter((ms) => ms <= first || ms > 2 * HOUR)
      t.notOk(isHeld(including(afterOthers(others), [own])))
    }),
    { numRuns: 100 },
  )
})

t.test('a start, a repair that has acted and a pool with an approval are never held', async (t) => {
  const until = new Date(CALENDAR + HOUR).toISOString()
  fc.assert(
    fc.property(BEFORE, (beforeMs) => {
      const off = afterOthers(beforeMs, { instances: { w0: instance('w0', { power: 'off' }) } })
      t.notOk(isHeld(off), 'the cloud proves it off')
      const acted = repair('w0', { attempts: [attempt()] }, { createdAt: CALENDAR })
      t.notOk(isHeld(including(afterOthers(beforeMs), [acted])), 'its first act is done')
      const annotations = { [APPROVAL_ANNOTATION]: `{"replace":"${until}"}` }
      const approved = repair('w0', {}, { createdAt: CALENDAR, annotations })
      t.notOk(isHeld(including(afterOthers(beforeMs), [approved])), 'a person has spoken')
      t.notOk(isHeld(afterOthers(beforeMs), policy({ correlated: { windowMs: 0, minSuspects: 2 } })))
    }),
    { numRuns: 100 },
  )
})

t.test('a node without a repair is never held: a person needs a repair to approve', async (t) => {
  const view = afterOthers([30 * MINUTE, HOUR])
  const repairs = new Map([...view.repairs].filter(([, { spec }]) => spec.nodeName !== 'w0'))
  t.match(decide({ ...view, repairs }, RULES).verdicts.get('w0'), { kind: 'repair', repair: undefined })
})

/** With these repairs, too; one of a known name takes its place. */
function including(view: View, more: readonly NodeRepair[]): View {
  return { ...view, repairs: new Map([...view.repairs, ...more.map((one) => [one.name, one] as const)]) }
}
