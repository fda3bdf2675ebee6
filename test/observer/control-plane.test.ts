import t from 'tap'
import { parseControlPlane } from '../../src/core/annotations/control-plane.ts'
import { type ControlPlane, createControlPlane } from '../../src/observer/control-plane.ts'

const DAY = 86_400_000
const CALENDAR = Date.parse('2026-03-01T00:00:00Z')

/** One replica whose process began at `began` of the true time, which all share. */
function createReplica(time: { now: number }, began = 0) {
  const state = { jumpMs: 0, errorMs: 0, agree: true }
  const clock = {
    now: () => time.now - began,
    wall: () => CALENDAR + time.now,
    sleep: async () => undefined,
  }
  const controlPlane: ControlPlane = createControlPlane({
    clock,
    calendar: () => CALENDAR + time.now + state.jumpMs + state.errorMs,
    clocksAgree: () => state.agree,
  })
  return { ...controlPlane, state }
}

t.test('who comes after knows what was there before, and forgets it seven days after it was', async (t) => {
  const time = { now: 0 }
  const first = createReplica(time)
  first.see(5)
  const stored = first.exchange(undefined)
  time.now = DAY
  const second = createReplica(time, DAY)
  t.equal(second.highest(), 0, 'a fresh process knows nothing')
  second.see(3)
  second.exchange(stored)
  t.equal(second.highest(), 5)
  time.now = 7 * DAY - 1
  second.see(3)
  t.equal(second.highest(), 5)
  time.now = 7 * DAY
  t.equal(second.highest(), 3)
  t.same(
    parseControlPlane(second.exchange(stored)).map(({ count }) => count),
    [3],
    'and then it is not written any more',
  )
})

t.test('a leader that renews all the time does not keep a count alive by its own words', async (t) => {
  const time = { now: 0 }
  const replica = createReplica(time)
  replica.see(5)
  let stored: string | undefined
  // HTTP's Date has whole seconds, so that the calendar errs by half of one to either side.
  for (let turn = 0; time.now < 7 * DAY; time.now += 600_000, turn++) {
    replica.state.errorMs = turn % 2 === 0 ? 500 : -500
    stored = replica.exchange(stored)
    replica.see(3)
  }
  t.equal(replica.highest(), 3)
})

t.test('a calendar that jumps ends no memory early', async (t) => {
  const time = { now: 0 }
  const replica = createReplica(time)
  replica.see(5)
  let stored = replica.exchange(undefined)
  replica.see(3)
  replica.state.jumpMs = 30 * DAY
  stored = replica.exchange(stored)
  t.equal(replica.highest(), 5, 'forwards: the age is counted by our own clock')
  replica.state.jumpMs = 0
  const next = createReplica(time)
  next.exchange(stored)
  t.equal(next.highest(), 5, 'what was written in the future counts as seen now')
  next.state.jumpMs = -30 * DAY
  next.exchange(stored)
  t.equal(next.highest(), 5, 'backwards')
  time.now = 7 * DAY
  for (const one of [replica, next]) t.equal(one.highest(), 0)
})

t.test('while nobody knows the date, what is stored is neither believed nor changed', async (t) => {
  const time = { now: 0 }
  const before = createReplica(time)
  before.see(5)
  const stored = before.exchange(undefined)
  const replica = createReplica(time)
  replica.state.agree = false
  replica.see(3)
  t.equal(replica.exchange(stored), stored)
  t.equal(replica.highest(), 3)
  replica.state.agree = true
  replica.exchange(stored)
  t.equal(replica.highest(), 5)
})

t.test('a fresh installation has nothing to remember, and damaged words are written anew', async (t) => {
  const replica = createReplica({ now: 0 })
  t.equal(replica.exchange(undefined), undefined)
  t.equal(replica.exchange('garbage'), 'garbage', 'who has seen nothing yet takes nothing away')
  replica.see(3)
  t.same(parseControlPlane(replica.exchange('garbage')), [{ count: 3, lastSeen: CALENDAR }])
})
