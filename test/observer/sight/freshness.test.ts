import t from 'tap'
import { createFreshness } from '../../../src/observer/sight/freshness.ts'
import { createStallList } from '../../../src/observer/sight/stall-list.ts'

t.test('when the API server has gone back to an older state, every clock starts anew, once', async (t) => {
  let now = 0
  let rewinds = 0
  const told: string[] = []
  const clock = { now: () => now, wall: () => now, sleep: async () => undefined }
  const source = { name: 'the watch of nodes', seenAt: () => now, rewinds: () => rewinds, limitMs: 30_000 }
  const sight = createFreshness(clock, [source], ({ reason }) => told.push(reason))
  t.ok(sight.update(), 'sight comes for the first time')
  now = 60_000
  t.notOk(sight.update())
  rewinds = 1
  t.ok(sight.update())
  t.equal(sight.seeingSince, 60_000)
  now = 61_000
  t.notOk(sight.update())
  t.same(told, ['StateRewound'])
})

/** Eyes on a watch that last spoke at `watchAt`, and on a poll that was last answered at `pollAt`. */
function createEyes() {
  const at = { now: 0, watch: 0, poll: 0 }
  const told: string[] = []
  const stalls = createStallList()
  const sight = createFreshness(
    { now: () => at.now, wall: () => at.now, sleep: async () => undefined },
    [
      { name: 'the watch', seenAt: () => at.watch, limitMs: 30_000 },
      { name: 'the poll', seenAt: () => at.poll, asked: true, limitMs: 30_000 },
    ],
    ({ reason }) => told.push(reason),
    { ...stalls, notice: () => undefined },
  )
  sight.update()
  const stall = (ms: number): void => {
    const from = at.now
    at.now += ms
    stalls.add({ from, until: at.now, lostMs: ms })
  }
  return { at, told, sight, stall }
}

t.test(
  'after a stall of our own we see again a moment after the poll was answered, and the clocks go on',
  async (t) => {
    const { at, told, sight, stall } = createEyes()
    Object.assign(at, { now: 25_000, watch: 20_000, poll: 24_000 })
    t.equal(sight.update(), undefined)
    stall(12_000)
    t.equal(sight.blindSince, 25_000)
    t.match(sight.stoodStill, { until: 37_000, lostMs: 12_000 })
    t.equal(sight.losesAt, undefined, 'it is looked at again and again')
    at.now = 38_000
    t.equal(sight.update(), undefined, 'not before the poll is answered')
    at.poll = 38_100
    t.equal(sight.update(), 'on')
    t.equal(sight.blindSince, undefined)
    t.equal(sight.stoodStill, undefined)
    t.equal(sight.seeingSince, 0, 'nothing begins anew')
    t.equal(sight.losesAt, 20_000 + 30_000 + 12_000 + 1, 'a watch that nobody could read is not out of sight for that')
    t.same(told, [])
  },
)

t.test('what has arrived during a stall is given a moment to be read', async (t) => {
  const { at, sight, stall } = createEyes()
  stall(5_000)
  Object.assign(at, { now: 5_100, watch: 5_100, poll: 5_100 })
  t.equal(sight.update(), undefined)
  at.now = 6_000
  t.equal(sight.update(), 'on')
})

t.test(
  'a stall that is longer than we may be blind is a gap: all is seen anew, and every clock starts anew',
  async (t) => {
    const { at, told, sight, stall } = createEyes()
    stall(30_001)
    Object.assign(at, { now: 35_000, poll: 34_000 })
    t.equal(sight.update(), undefined, 'the watch has ended meanwhile, and is not back')
    at.watch = 35_000
    t.equal(sight.update(), 'anew')
    t.equal(sight.seeingSince, 35_000)
    t.same(told, ['SightRegained'])
  },
)

t.test('several stalls without a look between them are one', async (t) => {
  const { at, sight, stall } = createEyes()
  stall(20_000)
  at.now += 500
  stall(20_000)
  Object.assign(at, { now: 45_000, watch: 44_000, poll: 44_000 })
  t.equal(sight.update(), 'anew')
})

t.test('a source that stays away after a stall is what we are blind for', async (t) => {
  const { at, told, sight, stall } = createEyes()
  stall(10_000)
  at.now = 10_000 + 30_001
  t.equal(sight.update(), undefined)
  t.equal(sight.blindSource, 'the watch')
  t.equal(sight.stoodStill, undefined)
  t.same(told, ['SightLost'])
  Object.assign(at, { watch: at.now, poll: at.now })
  t.equal(sight.update(), 'anew')
})
