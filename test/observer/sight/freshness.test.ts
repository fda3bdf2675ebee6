import t from 'tap'
import { createFreshness } from '../../../src/observer/sight/freshness.ts'

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
