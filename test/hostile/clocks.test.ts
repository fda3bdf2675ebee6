import t from 'tap'
import type { Clock } from '../../src/core/ports/clock.ts'
import { config } from '../support/cluster/replica.ts'
import { type Stage, startStage } from './stage.ts'

t.setTimeout(240_000)

const DAY = 86_400_000

/** A machine clock that somebody sets; the monotonic one goes on. */
function jumping(jump: { byMs: number }): (clock: Clock) => Clock {
  return (clock) => ({
    now: clock.now,
    sleep: clock.sleep,
    wall: () => clock.wall() + jump.byMs,
  })
}

function reasons(stage: Stage, node: string): readonly string[] {
  const gates = stage.decision()?.decision.verdicts.get(node)?.gates ?? []
  return gates.filter((gate) => !gate.pass).map(({ reason }) => reason)
}

for (const byMs of [DAY, -DAY]) {
  t.test(
    `our own clock jumps ${byMs > 0 ? 'forward' : 'back'} a day: held as ClockSkew, healed when it is right again`,
    async (t) => {
      const jump = { byMs: 0 }
      const stage = await startStage(t, { clock: jumping(jump), text: config({ unhealthy: '2s' }) })
      const { world } = stage
      jump.byMs = byMs
      await stage.rounds(2)
      t.same(stage.touched(), [], 'healthy nodes are nobody to touch')
      world.machines.break('w0', 'runtime-dead')
      await world.until('it is named', 60_000, () => reasons(stage, 'w0').includes('ClockSkew'))
      await world.clock.sleep(4_000, world.signal)
      t.same(stage.touched(), [])
      jump.byMs = 0
      await stage.healed('w0')
      t.equal(world.cloud.acts().length, 1)
    },
  )
}

t.test(
  "the API server's clock jumps a day to and fro: nobody is touched while it is off, and pauses outlive it",
  async (t) => {
    // heald keeps the true time here; everything else is a day off.
    const off = { byMs: 0 }
    const stage = await startStage(t, {
      clock: (clock) => ({ now: clock.now, sleep: clock.sleep, wall: () => clock.wall() - off.byMs }),
    })
    const { world } = stage
    const { wall } = world.clock
    const setServer = (byMs: number): void => {
      off.byMs = byMs
      Object.assign(world.clock, { wall: () => wall() + byMs })
    }
    world.patchNode('w1', { metadata: { annotations: { 'heald.dev/paused': '2h' } } })
    await world.until(
      'the pause is recorded',
      60_000,
      () => world.node('w1').annotations['heald.dev/paused-until'] !== undefined,
    )
    for (const byMs of [DAY, -DAY, DAY]) {
      setServer(byMs)
      await stage.rounds(2)
      t.same(stage.touched(), [])
    }
    world.machines.break('w1', 'runtime-dead')
    await world.until('it is named', 60_000, () => reasons(stage, 'w1').includes('ClockSkew'))
    await world.clock.sleep(3_000, world.signal)
    t.same(stage.touched(), [])
    setServer(0)
    await world.until('the pause holds again', 60_000, () => reasons(stage, 'w1').includes('Paused'))
    await world.clock.sleep(3_000, world.signal)
    t.same(stage.touched(), [])
    await stage.stillHeals('w0')
  },
)
