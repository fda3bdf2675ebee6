import t from 'tap'
import type { Clock } from '../../../src/core/ports/clock.ts'
import type { Stall } from '../../../src/core/ports/stalls.ts'
import { createStallWatch } from '../../../src/observer/sight/stall-watch.ts'
import { createVirtualClock } from '../../../src/simulator/clock/virtual-clock.ts'

/** A process whose clocks can be pushed on while it stands still. */
function start(t: { teardown(handler: () => Promise<void>): void }) {
  const virtual = createVirtualClock(0)
  let skipped = 0
  let set = 0
  const clock: Clock = {
    now: () => virtual.now() + skipped,
    wall: () => virtual.wall() + skipped + set,
    sleep: virtual.sleep,
  }
  const stalls: Stall[] = []
  const told: string[] = []
  let counted = 0
  const watch = createStallWatch({
    clock,
    tell: ({ reason, message }) => told.push(`${reason}: ${message}`),
    onStall: (ms) => {
      counted += ms
    },
  })
  watch.onStall((stall) => stalls.push(stall))
  const end = new AbortController()
  const running = watch.run(end.signal)
  t.teardown(async () => {
    end.abort()
    await running
  })
  return {
    ...{ watch, stalls, told, counted: () => counted, passes: (ms: number) => virtual.advance(ms) },
    stall: (ms: number) => {
      skipped += ms
    },
    setWall: (ms: number) => {
      set += ms
    },
  }
}

t.test('a process that sleeps for a day, however its timers are skipped over, has not stood still', async (t) => {
  const { stalls, passes } = start(t)
  await passes(86_400_000)
  t.same(stalls, [])
})

t.test('a stall is noticed by the pulse that comes late, or by whoever is about to judge before that', async (t) => {
  const { watch, stalls, passes, stall, counted } = start(t)
  await passes(10_000)
  stall(30_000)
  watch.notice()
  t.same(stalls, [{ from: 10_000, until: 40_000, lostMs: 30_000 }], 'at once')
  watch.notice()
  await passes(10_000)
  stall(5_000)
  await passes(1_000)
  t.equal(stalls.length, 2, 'each once')
  t.match(stalls[1], { from: 50_000, until: 56_000 }, 'since the last sign of life')
  t.equal(counted(), 36_000)
})

t.test('less than a second late is a busy moment, two seconds without a sign of life are a stall', async (t) => {
  const { stalls, passes, stall } = start(t)
  await passes(10_000)
  stall(999)
  await passes(10_000)
  t.same(stalls, [])
  stall(2_000)
  await passes(10_000)
  t.equal(stalls.length, 1)
})

t.test('what was missed since a moment is the part of the stalls that came after it', async (t) => {
  const { watch, passes, stall } = start(t)
  for (const ms of [2_000, 4_000]) {
    await passes(10_000)
    stall(ms)
    watch.notice()
  }
  t.equal(watch.since(0), 6_000)
  t.equal(watch.since(12_000), 4_000)
  t.equal(watch.since(23_000), 3_000, 'in the midst of one')
  t.equal(watch.since(26_000), 0)
})

t.test('a machine that slept shows by its wall clock alone; one set back or slewed is no stall', async (t) => {
  const { watch, stalls, passes, setWall } = start(t)
  await passes(10_000)
  setWall(-7_200_000)
  await passes(10_000)
  for (let count = 0; count < 100; count++) {
    setWall(500)
    await passes(1_000)
  }
  t.same(stalls, [])
  setWall(60_000)
  watch.notice()
  t.match(stalls, [{ from: 120_000, until: 120_000, lostMs: 60_000 }])
})

t.test('stalls that come all the time are told once a minute, with how many there were', async (t) => {
  const { watch, told, passes, stall } = start(t)
  for (let count = 0; count < 12; count++) {
    await passes(8_000)
    stall(2_000)
    watch.notice()
  }
  t.equal(told.length, 2)
  t.match(told[0], /^StoodStill: heald's own process stood still for 2 s: /)
  t.match(told[1], /stood still for 12 s, 6 times since this was told last: /)
})
