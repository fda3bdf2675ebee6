import fc from 'fast-check'
import t from 'tap'
import { createVirtualClock } from '../../../src/simulator/clock/virtual-clock.ts'

const NEVER = new AbortController().signal

t.test(
  'sleepers wake in the order of their time, and at the same moment in the order in which they lay down',
  async (t) => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(20), { maxLength: 200 }), async (times) => {
        const clock = createVirtualClock()
        const woken: { at: number; index: number }[] = []
        for (const [index, ms] of times.entries()) {
          void clock.sleep(ms, NEVER).then(() => woken.push({ at: clock.now(), index }))
        }
        await clock.advance(20)
        const wanted = times.map((at, index) => ({ at, index })).sort((a, b) => a.at - b.at || a.index - b.index)
        return JSON.stringify(woken) === JSON.stringify(wanted)
      }),
    )
    t.pass()
  },
)

t.test('whoever wakes finishes all that it can do before the next one wakes', async (t) => {
  const clock = createVirtualClock()
  const said: string[] = []
  const speak = async (name: string): Promise<void> => {
    await clock.sleep(10, NEVER)
    for (let step = 0; step < 100; step++) await undefined
    said.push(`${name} at ${clock.now()}`)
  }
  void speak('one')
  void speak('two')
  void clock.sleep(11, NEVER).then(() => said.push('three'))
  await clock.advance(11)
  t.same(said, ['one at 10', 'two at 10', 'three'])
})

t.test('who is woken by its signal never wakes again, and the others under that signal go with it', async (t) => {
  const clock = createVirtualClock()
  const stop = new AbortController()
  const ends: string[] = []
  for (let index = 0; index < 300; index++) {
    clock.sleep(1_000 + index, stop.signal).then(
      () => ends.push('woke'),
      (thrown) => ends.push(String(thrown.message)),
    )
  }
  const other = clock.sleep(1_100, NEVER).then(() => clock.now())
  await clock.advance(1_000)
  stop.abort(new Error('stopped'))
  await clock.advance(1_000)
  t.same(ends, ['woke', ...Array.from({ length: 299 }, () => 'stopped')])
  t.equal(await other, 1_100)
  await t.rejects(clock.sleep(1, stop.signal), { message: 'stopped' })
})

t.test('one signal wakes those under it in the order in which they lay down, whoever woke before', async (t) => {
  const clock = createVirtualClock()
  const stop = new AbortController()
  const ends: number[] = []
  for (const [index, ms] of [50, 10, 90, 20, 80, 70].entries()) {
    clock.sleep(ms, stop.signal).catch(() => ends.push(index))
  }
  await clock.advance(60)
  stop.abort()
  await clock.advance(0)
  t.same(ends, [2, 4, 5])
})

t.test('time that runs by itself jumps from sleeper to sleeper, and waits while nobody sleeps', async (t) => {
  const clock = createVirtualClock()
  const stop = new AbortController()
  const running = clock.run(stop.signal)
  await clock.sleep(86_400_000, NEVER)
  t.equal(clock.now(), 86_400_000)
  await new Promise((resolve) => setTimeout(resolve, 20))
  t.equal(clock.now(), 86_400_000)
  stop.abort()
  await running
})

t.test('a timer of the machine gets its turn while sleepers wake without end', async (t) => {
  const clock = createVirtualClock()
  const stop = new AbortController()
  const running = clock.run(stop.signal)
  const busy = (async () => {
    while (!stop.signal.aborted) await clock.sleep(1, NEVER)
  })()
  await new Promise((resolve) => setTimeout(resolve, 5))
  stop.abort()
  await running
  await clock.advance(1)
  await busy
  t.ok(clock.now() > 0)
})
