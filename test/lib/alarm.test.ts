import t from 'tap'
import { createAlarm } from '../../src/lib/alarm.ts'
import { createVirtualClock } from '../../src/simulator/clock/virtual-clock.ts'

const NEVER = Number.POSITIVE_INFINITY

/** When each turn of a loop began that sleeps until `until`, but turns no faster than every 10 ms. */
function startLoop(until: (now: number) => number) {
  const clock = createVirtualClock()
  const alarm = createAlarm(clock)
  const stop = new AbortController()
  const turns: number[] = []
  const running = (async () => {
    while (!stop.signal.aborted) {
      turns.push(clock.now())
      await alarm.sleep({ atLeast: clock.now() + 10, until: until(clock.now()) }, stop.signal)
    }
  })()
  return { clock, alarm, stop, turns, running }
}

t.test('a loop sleeps until its next moment, or for ever when there is none', async (t) => {
  const timed = startLoop((now) => now + 100)
  await timed.clock.advance(250)
  t.same(timed.turns, [0, 100, 200])
  const idle = startLoop(() => NEVER)
  await idle.clock.advance(1e9)
  t.same(idle.turns, [0])
  for (const { stop, running } of [timed, idle]) {
    stop.abort()
    await running
  }
})

t.test(
  'a ring ends the sleep at once, yet however often it rings, the loop turns no faster than it wants to',
  async (t) => {
    const { clock, alarm, stop, turns, running } = startLoop(() => NEVER)
    await clock.advance(50)
    alarm.ring()
    await clock.advance(1)
    t.same(turns, [0, 50])
    alarm.ring()
    await clock.advance(1)
    alarm.ring()
    await clock.advance(100)
    t.same(turns, [0, 50, 60], 'two rings too early are one turn in time')
    stop.abort()
    await running
  },
)

t.test(
  'a sleep that a ring has ended leaves nothing behind that ends the next one too early, or too late',
  async (t) => {
    const { clock, alarm, stop, turns, running } = startLoop((now) => now + (now === 60 ? 30 : 100))
    await clock.advance(50)
    alarm.ring()
    await clock.advance(10)
    alarm.ring()
    await clock.advance(400)
    t.same(turns, [0, 50, 60, 90, 190, 290, 390])
    stop.abort()
    await running
  },
)
