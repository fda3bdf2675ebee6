import fc from 'fast-check'
import t from 'tap'
import { changesAt, dueAt, isFailing, isUnhealthy, restartClock, stepClock } from '../../../src/core/evidence/clocks.ts'
import type { CheckClock, CheckInfo, Finding, FindingStatus } from '../../../src/core/model/finding.ts'

const check: CheckInfo = {
  name: 'Endpoint',
  type: 'Endpoint',
  plane: 'probe',
  symptom: 'Endpoint:6443',
  unhealthyDurationMs: 300,
  healthyDurationMs: 0,
}
const hysteresis: CheckInfo = { ...check, healthyDurationMs: 60 }

type Look = readonly [at: number, status: FindingStatus, validUntil?: number]

function finding([at, status, validUntil]: Look): Finding {
  const base = { status, reason: 'Seen', seenAt: at }
  return validUntil === undefined ? base : { ...base, validUntil }
}

function run(looks: readonly Look[], info = check, from?: CheckClock): CheckClock {
  const [first, ...rest] = looks
  if (first === undefined) throw new Error('run: no looks')
  const start = stepClock(from, info, finding(first), first[0])
  return rest.reduce((clock, look) => stepClock(clock, info, finding(look), look[0]), start)
}

t.test(
  'failing-since is the first fail, and the node is unhealthy from failing-since plus the duration on',
  async (t) => {
    const clock = run([
      [5, 'pass'],
      [10, 'fail'],
      [200, 'fail'],
    ])
    t.equal(clock.failingSince, 10)
    t.equal(dueAt(clock), 310)
    t.equal(isFailing(clock, 200), true)
    t.equal(isUnhealthy(clock, 309), false)
    t.equal(isUnhealthy(clock, 310), true)
  },
)

t.test('without healthyDuration the first pass clears failing-since', async (t) => {
  const clock = run([
    [10, 'fail'],
    [20, 'pass'],
  ])
  t.equal(clock.failingSince, undefined)
  t.equal(clock.passingSince, 20)
  t.equal(dueAt(clock), undefined)
})

t.test(
  'passes shorter than healthyDuration keep failing-since, and the node is not unhealthy while it passes',
  async (t) => {
    const passing = run(
      [
        [10, 'fail'],
        [400, 'pass'],
        [459, 'pass'],
      ],
      hysteresis,
    )
    t.equal(passing.failingSince, 10)
    t.equal(isUnhealthy(passing, 459), false)
    t.equal(changesAt(passing, 459), 460)
    const again = stepClock(passing, hysteresis, finding([459, 'fail']), 459)
    t.equal(again.failingSince, 10)
    t.equal(isUnhealthy(again, 459), true)
  },
)

t.test('the same pass, still valid, clears failing-since once it has lasted for healthyDuration', async (t) => {
  const passing = run(
    [
      [10, 'fail'],
      [400, 'pass'],
    ],
    hysteresis,
  )
  t.equal(stepClock(passing, hysteresis, passing.finding, 460).failingSince, undefined)
})

t.test('unknown neither starts nor clears, and its time counts as neither failing nor passing', async (t) => {
  t.equal(run([[10, 'unknown']]).failingSince, undefined)
  const unknown = run([
    [10, 'fail'],
    [110, 'unknown'],
    [900, 'unknown'],
  ])
  t.equal(isFailing(unknown, 900), false)
  t.equal(isUnhealthy(unknown, 900), false)
  const failing = stepClock(unknown, check, finding([1_110, 'fail']), 1_110)
  t.equal(failing.failingSince, 1_010, 'it has been failing for 100, not for 1,100')
  const passing = run(
    [
      [0, 'fail'],
      [10, 'pass'],
      [40, 'unknown'],
      [90, 'pass'],
    ],
    hysteresis,
  )
  t.equal(passing.failingSince, 50, 'it has been passing for 30 of 60')
  t.equal(stepClock(passing, hysteresis, passing.finding, 120).failingSince, undefined)
})

t.test(
  'an expired finding is unknown from the moment it expires, whether or not anybody stepped the clock',
  async (t) => {
    const clock = run([[10, 'fail', 100]])
    t.equal(isFailing(clock, 99), true)
    t.equal(isFailing(clock, 100), false)
    t.equal(isUnhealthy(clock, 5_000), false)
    t.equal(changesAt(clock, 50), 100)
    const skipped = stepClock(clock, check, finding([500, 'fail']), 500)
    const stepped = stepClock(stepClock(clock, check, clock.finding, 300), check, finding([500, 'fail']), 500)
    t.equal(skipped.failingSince, 410)
    t.equal(stepped.failingSince, 410)
    t.equal(stepClock(clock, check, clock.finding, 300).finding.reason, 'Expired')
  },
)

t.test('a finding that arrives late is ignored', async (t) => {
  const clock = run([[50, 'pass']])
  t.same(stepClock(clock, check, finding([40, 'fail']), 60), clock)
})

t.test('a finding from the future counts as seen now', async (t) => {
  const clock = stepClock(undefined, check, finding([86_400_000, 'fail']), 10)
  t.equal(clock.failingSince, 10)
  t.equal(stepClock(clock, check, finding([20, 'pass']), 20).failingSince, undefined)
})

t.test('after a gap in our own sight failing begins at the first fail seen after it', async (t) => {
  const before = run([
    [10, 'fail'],
    [290, 'fail'],
  ])
  const after = restartClock(before, 1_000)
  t.match(after, {
    failingSince: undefined,
    passingSince: undefined,
    finding: { status: 'unknown', reason: 'SightGap' },
  })
  t.equal(
    stepClock(after, check, before.finding, 1_001).failingSince,
    undefined,
    'what was seen before it is forgotten',
  )
  t.equal(stepClock(after, check, finding([1_020, 'fail']), 1_020).failingSince, 1_020)
})

t.test(
  'changesAt names the nearest of due, expiry and the judge’s own promise, and never a moment that has passed',
  async (t) => {
    const judged = stepClock(undefined, check, { ...finding([10, 'fail']), changesAt: 200 }, 10)
    t.equal(changesAt(judged, 10), 200)
    t.equal(changesAt(judged, 200), 310)
    t.equal(changesAt(judged, 310), undefined)
  },
)

const statuses = fc.constantFrom<FindingStatus>('pass', 'fail', 'unknown')
const steps = fc.array(fc.tuple(fc.nat(200), statuses, fc.option(fc.nat(300), { nil: undefined })), {
  minLength: 1,
  maxLength: 25,
})
const history = steps.map((list) => {
  let at = 0
  return list.map(([gap, status, valid]): Look => {
    at += gap
    return valid === undefined ? [at, status] : [at, status, at + valid]
  })
})
const infos = fc
  .record({ unhealthyDurationMs: fc.nat(400), healthyDurationMs: fc.nat(200) })
  .map((r) => ({ ...check, ...r }))

t.test('unknown is never unhealthy, whatever came before', async (t) => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(history, infos, fc.nat(100_000), (looks, info, wait) => {
        const last = looks.at(-1)
        const clock = run([...looks, [last?.[0] ?? 0, 'unknown']], info)
        return !isFailing(clock, clock.finding.seenAt + wait) && !isUnhealthy(clock, clock.finding.seenAt + wait)
      }),
    ),
  )
})

t.test('a longer outage never makes a node less eligible', async (t) => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(history, infos, fc.nat(500), fc.nat(500), (looks, info, gap, more) => {
        const end = looks.at(-1)?.[0] ?? 0
        const shorter = run([...looks, [end, 'fail'], [end + gap, 'fail']], info)
        const longer = stepClock(shorter, info, finding([end + gap + more, 'fail']), end + gap + more)
        return (
          longer.failingSince === shorter.failingSince &&
          (!isUnhealthy(shorter, end + gap) || isUnhealthy(longer, end + gap + more))
        )
      }),
    ),
  )
})

t.test('one fail more in the past never makes a node less eligible', async (t) => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(history, infos, fc.nat(24), (looks, info, pick) => {
        const at = pick % looks.length
        const worse = looks.map((look, index): Look => (index === at && look[1] === 'pass' ? [look[0], 'fail'] : look))
        const now = looks.at(-1)?.[0] ?? 0
        const [before, after] = [run([...looks, [now, 'fail']], info), run([...worse, [now, 'fail']], info)]
        return (after.failingSince ?? 0) <= (before.failingSince ?? 0)
      }),
    ),
  )
})

t.test('an unhealthy node was really seen to fail for its duration', async (t) => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(history, (looks) => {
        const clock = run(looks)
        const now = clock.finding.seenAt
        const known = looks.map(([at, status, valid], index) => {
          const until = Math.min(looks[index + 1]?.[0] ?? now, valid ?? Number.POSITIVE_INFINITY)
          return status === 'fail' ? until - at : 0
        })
        const failedFor = known.reduce((sum, ms) => sum + ms, 0)
        return !isUnhealthy(clock, now) || failedFor >= check.unhealthyDurationMs
      }),
    ),
  )
})

t.test('a late finding that has expired since does not make the newest one unknown', async (t) => {
  const clock = run([
    [0, 'fail'],
    [5, 'pass'],
  ])
  t.same(stepClock(clock, check, finding([4, 'fail', 7]), 9), clock)
})

t.test('stepping again with nothing new changes nothing, and late findings in any order change nothing', async (t) => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(history, infos, fc.nat(24), (looks, info, pick) => {
        const clock = run(looks, info)
        const now = looks.at(-1)?.[0] ?? 0
        const again = stepClock(clock, info, clock.finding, now)
        const late = looks[pick % looks.length] ?? [0, 'pass']
        const overtaken = late[0] < clock.finding.seenAt ? stepClock(clock, info, finding(late), now) : clock
        return JSON.stringify(again) === JSON.stringify(clock) && JSON.stringify(overtaken) === JSON.stringify(clock)
      }),
    ),
  )
})
