import t from 'tap'
import { createRequeue } from '../../../src/controller/nodes/requeue.ts'
import { createVirtualClock } from '../../../src/simulator/clock/virtual-clock.ts'

function setUp(t: { teardown(end: () => void): void }) {
  const clock = createVirtualClock()
  const over = new AbortController()
  void clock.run(over.signal)
  t.teardown(() => over.abort())
  const ender = new AbortController()
  const listeners = new Set<() => void>()
  const alarm = createRequeue(
    clock,
    (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    [ender.signal],
  )
  const nap = async (wakeInMs: number | undefined): Promise<number> => {
    const startedAt = clock.now()
    await alarm.sleep(startedAt, wakeInMs === undefined ? undefined : startedAt + wakeInMs)
    return clock.now() - startedAt
  }
  return { clock, alarm, ender, listeners, nap }
}

t.test('the loop sleeps for at least a second, then until wakeAt or five seconds', async (t) => {
  const { nap } = setUp(t)
  const within = (ms: number, from: number, name: string): void =>
    void t.ok(ms >= from && ms < from + 200, `${name}: ${ms}`)
  within(await nap(2_500), 2_500, 'until wakeAt')
  within(await nap(undefined), 6_000, 'at most five seconds after that second')
  within(await nap(0), 1_000, 'at least one')
})

t.test('a change wakes it, but not within the second; one before the sleep counts too', async (t) => {
  const { clock, nap, listeners, alarm } = setUp(t)
  const change = (ms: number): void =>
    void clock.sleep(ms, new AbortController().signal).then(() => [...listeners][0]?.())
  change(100)
  t.ok((await nap(4_000)) < 1_400, 'what changes in the first second is seen after it')
  change(2_000)
  const took = await nap(4_000)
  t.ok(took >= 2_000 && took < 2_400, `${took}`)
  alarm.wake()
  t.ok((await nap(4_000)) < 1_400)
  t.ok((await nap(2_000)) >= 2_000, 'and is forgotten afterwards')
})

t.test('an end is no matter of a second, and leaves nothing behind', async (t) => {
  const { clock, nap, ender, listeners, alarm } = setUp(t)
  void clock.sleep(200, new AbortController().signal).then(() => ender.abort())
  t.ok((await nap(4_000)) < 900)
  alarm.close()
  t.equal(listeners.size, 0)
})
