import fc from 'fast-check'
import t from 'tap'
import {
  changesAt,
  isFailing,
  isUnhealthy,
  lastLook,
  renewClock,
  restartClock,
  stepClock,
} from '../../../src/core/evidence/clocks.ts'
import { isResting } from '../../../src/core/evidence/flapping.ts'
import type { CheckClock, CheckInfo, Finding, FindingStatus } from '../../../src/core/model/finding.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

const check: CheckInfo = {
  ...{ name: 'NodeCondition', type: 'NodeCondition', plane: 'kubelet', symptom: 'NotReady' },
  ...{ unhealthyDurationMs: 5 * MINUTE, healthyDurationMs: 0 },
  flapping: { changes: 6, windowMs: 30 * MINUTE },
}

type Look = readonly [at: number, status: FindingStatus]

function finding([seenAt, status]: Look): Finding {
  if (status !== 'fail') return { status, reason: 'Ok', seenAt }
  return { status, reason: 'NodeStatusUnknown', plane: 'lease', symptom: 'Silent', seenAt }
}

function run(looks: readonly Look[], info = check, from?: CheckClock): CheckClock {
  let clock = from
  for (const look of looks) clock = stepClock(clock, info, finding(look), look[0])
  if (clock === undefined) throw new Error('run: no looks')
  return clock
}

/** Fails for `downMs`, passes for `upMs`, and so on. */
function toAndFro(downMs: number, upMs: number, untilMs: number, beginsAt = 0): readonly Look[] {
  const looks: Look[] = [[beginsAt, 'pass']]
  for (let at = beginsAt; at < untilMs; at += downMs + upMs) looks.push([at, 'fail'], [at + downMs, 'pass'])
  return looks
}

const WAYS = [
  { what: 'NotReady for 4 min 50 s, then Ready for 10 s', down: 290 * SECOND, up: 10 * SECOND, within: 15 * MINUTE },
  { what: 'NotReady for 20 s of each minute', down: 20 * SECOND, up: 40 * SECOND, within: 5 * MINUTE },
]

for (const { what, down, up, within } of WAYS) {
  t.test(`${what}: unhealthy for the rest of the day, whatever the last look was`, async (t) => {
    for (const healthyDurationMs of [0, 30 * SECOND]) {
      const info = { ...check, healthyDurationMs }
      let clock: CheckClock | undefined
      let since: number | undefined
      for (const look of toAndFro(down, up, 24 * HOUR)) {
        clock = stepClock(clock, info, finding(look), look[0])
        const bad = isUnhealthy(clock, look[0]) && clock.finding.reason === 'Flapping'
        if (bad && since === undefined) since = look[0]
        if (since !== undefined && !bad) t.fail(`well again at ${look[0]}`)
        if (bad && isResting(clock, look[0])) t.fail(`at rest at ${look[0]}`)
      }
      t.ok(since !== undefined && since <= within, `unhealthy at ${since}`)
    }
  })

  t.test(`${what}: with changes 0 nothing is counted`, async (t) => {
    const looks = toAndFro(down, up, 24 * HOUR)
    for (let end = 1; end < 60; end++) {
      const clock = run(looks.slice(0, end), { ...check, flapping: undefined })
      t.equal(isUnhealthy(clock, clock.finding.seenAt), false)
      t.equal(clock.flaps, undefined)
    }
  })
}

/** Six changes within 3 minutes, the last one a pass at 200 s. */
const flapping: readonly Look[] = toAndFro(20 * SECOND, 70 * SECOND, 181 * SECOND)

t.test('it says that it flaps, in which stretches, and keeps plane and symptom of its failures', async (t) => {
  const clock = run(flapping)
  t.match(clock.finding, {
    ...{ status: 'fail', reason: 'Flapping', plane: 'lease', symptom: 'Silent' },
    message:
      '6 changes within 3m20s (NodeStatusUnknown): failed for 20s, passed for 1m10s, failed for 20s, passed for 1m10s, failed for 20s, passes now',
  })
  t.equal(clock.failingSince, 0, 'since the first of them')
  t.equal(lastLook(clock).status, 'pass')
})

t.test('one change fewer, or the same in a longer time than the window, is no flapping', async (t) => {
  t.equal(isFailing(run(flapping.slice(0, -1)), 180 * SECOND), true)
  t.not(run(flapping.slice(0, -1)).finding.reason, 'Flapping')
  const slow = run(toAndFro(MINUTE, 14 * MINUTE, 2 * HOUR))
  t.equal(slow.finding.status, 'pass')
})

t.test('a pass inside the window does not clear it, a quiet window does', async (t) => {
  const clock = run(flapping)
  const ends = 200 * SECOND + 30 * MINUTE
  t.equal(changesAt(clock, ends - 1), ends)
  t.equal(isUnhealthy(run([[ends - 1, 'pass']], check, clock), ends - 1), true)
  const after = run([[ends, 'pass']], check, clock)
  t.match(after, { finding: { status: 'pass', reason: 'Ok' }, failingSince: undefined, flaps: undefined })
})

t.test('one that then fails for its whole duration on end is a plain failure, since its last change', async (t) => {
  const begins = 201 * SECOND
  const stuck = run([[begins, 'fail']], check, run(flapping))
  const due = begins + check.unhealthyDurationMs
  t.equal(changesAt(stuck, due - 1), due)
  t.match(run([[due - 1, 'fail']], check, stuck), { finding: { reason: 'Flapping' }, failingSince: 0 })
  const clock = run([[due, 'fail']], check, stuck)
  t.match(clock, { finding: { reason: 'NodeStatusUnknown' }, failingSince: begins })
  t.equal(isUnhealthy(clock, due), true)
  const back = run([[due + 1, 'pass']], check, clock)
  t.match(back, { finding: { reason: 'Flapping' }, failingSince: 0 })
})

t.test('it rests when it has passed for as long as it would have to fail', async (t) => {
  const clock = run(flapping)
  t.equal(isResting(clock, 200 * SECOND + 5 * MINUTE - 1), false)
  t.equal(isResting(clock, 200 * SECOND + 5 * MINUTE), true)
  const again = run([[900 * SECOND, 'fail']], check, clock)
  t.equal(isResting(again, 2_000 * SECOND), false)
})

t.test('unknown is no change, and its time is part of no window', async (t) => {
  const gaps = flapping.flatMap((look): readonly Look[] => [
    look,
    [look[0] + SECOND, 'unknown'],
    [look[0] + 2 * SECOND, look[1]],
  ])
  t.equal(run(gaps).flaps?.changes.length, 6)
  const blind = run([[201 * SECOND, 'unknown']], check, run(flapping))
  t.equal(isFailing(blind, 202 * SECOND), false)
  const late = 261 * SECOND
  const seen = run([[late, 'pass']], check, blind)
  t.equal(isFailing(seen, late), true)
  const quiet = 200 * SECOND + 30 * MINUTE
  t.equal(isFailing(run([[quiet, 'pass']], check, seen), quiet), true, 'one minute of it was not seen')
  t.equal(isFailing(run([[quiet + MINUTE, 'pass']], check, seen), quiet + MINUTE), false)
  t.equal(run([[201 * SECOND + 5 * MINUTE, 'pass']], check, blind).flaps, undefined, 'blind for too long: counted anew')
  const between = run([
    [0, 'pass'],
    [10, 'unknown'],
    [20, 'fail'],
  ])
  t.equal(between.flaps?.changes.length, 1)
})

t.test('after a gap in our own sight, and after a proven new boot, changes are counted anew', async (t) => {
  const restarted = restartClock(run(flapping), 300 * SECOND)
  t.equal(
    run(
      [
        [301 * SECOND, 'fail'],
        [302 * SECOND, 'pass'],
      ],
      check,
      restarted,
    ).finding.status,
    'pass',
  )
  const renewed = renewClock(run(flapping), 300 * SECOND)
  t.match(renewed, { finding: { status: 'pass' }, failingSince: undefined })
  t.match(run([[301 * SECOND, 'fail']], check, renewed), {
    failingSince: 301 * SECOND,
    finding: { reason: 'NodeStatusUnknown' },
  })
})

const looks = fc
  .array(fc.tuple(fc.nat(12 * MINUTE), fc.constantFrom<FindingStatus>('pass', 'fail', 'unknown')), {
    minLength: 1,
    maxLength: 60,
  })
  .map((list) => {
    let at = 0
    return list.map(([gap, status]): Look => {
      at += gap
      return [at, status]
    })
  })

t.test(
  'whatever is seen: six changes kept at most, stepping again changes nothing, and unknown never fails',
  async (t) => {
    t.doesNotThrow(() =>
      fc.assert(
        fc.property(looks, (list) => {
          const clock = run(list)
          const [now, status] = list.at(-1) ?? [0, 'pass']
          const again = stepClock(clock, check, clock.finding, now)
          const known = status !== 'unknown' || !isFailing(clock, now)
          return known && (clock.flaps?.changes.length ?? 0) <= 6 && JSON.stringify(again) === JSON.stringify(clock)
        }),
      ),
    )
  },
)

t.test('it flaps exactly when six changes fell into one window, none of which a quiet window has ended', async (t) => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(looks, (list) => {
        const seen = list.filter(([, status]) => status !== 'unknown')
        if (seen.length !== list.length || seen.length === 0) return true
        let changes: number[] = []
        let flaps = false
        seen.forEach(([at, status], index) => {
          if (at - (changes.at(-1) ?? at) >= 30 * MINUTE) [changes, flaps] = [[], false]
          if (index > 0 && seen[index - 1]?.[1] !== status) changes.push(at)
          flaps ||= changes.length >= 6 && at - (changes.at(-6) ?? at) <= 30 * MINUTE
        })
        const clock = run(seen)
        const [now] = seen.at(-1) ?? [0]
        const isStuck = seen.at(-1)?.[1] === 'fail' && now - (changes.at(-1) ?? now) >= check.unhealthyDurationMs
        return (clock.finding.reason === 'Flapping') === (flaps && !isStuck)
      }),
    ),
  )
})
