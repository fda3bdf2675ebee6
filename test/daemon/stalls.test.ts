import t from 'tap'
import type { Millis } from '../../src/core/model/primitives.ts'
import { acts, inWorld, phase, type Setting } from '../support/cluster/in-world.ts'
import { config, leader, type Replica, startReplica } from '../support/cluster/replica.ts'
import { startWorld } from '../support/cluster/world.ts'

const HOUR_MS: Millis = 3_600_000
const DURATION_MS: Millis = 60_000
const TEXT = config({ unhealthy: '60s' })
/** What a look, a round and a requested act take. */
const ROUNDS_MS: Millis = 10_000

const passes = ({ world }: Setting, ms: Millis): Promise<void> => world.clock.sleep(ms, world.signal)

async function standsStill(setting: Setting, replica: Replica, ms: Millis): Promise<void> {
  replica.freeze()
  await passes(setting, ms)
  replica.thaw()
}

const reasons = ({ notices }: Replica): string[] => notices.map(({ reason }) => reason)

/** Resolves with the moment at which the cloud is asked to do something more to the node. */
async function firstAct({ world }: Setting, node: string, limitMs: Millis): Promise<Millis> {
  const before = acts(world, node).length
  await world.until(`${node} is acted on`, limitMs, () => acts(world, node).length > before)
  return world.clock.now()
}

t.test('a node that fails is repaired later by as long as the leader stood still', async (t) => {
  const setting = await inWorld(t, { text: TEXT })
  const { world, first } = setting
  world.machines.break('w0', 'runtime-dead')
  const brokenAt = world.clock.now()
  await passes(setting, 20_000)
  await standsStill(setting, first, 3_000)
  await passes(setting, 10_000)
  await standsStill(setting, first, 25_000)
  const actedAt = await firstAct(setting, 'w0', 120_000)
  t.ok(actedAt - brokenAt >= DURATION_MS + 28_000, `${actedAt - brokenAt} ms`)
  t.ok(actedAt - brokenAt < DURATION_MS + 28_000 + ROUNDS_MS, `${actedAt - brokenAt} ms`)
  await world.until('it is repaired', 60_000, () => phase(world, 'w0') === 'Succeeded')
  t.same(reasons(first).filter((reason) => reason === 'StoodStill').length, 1, 'told once a minute')
})

t.test('a leader that stands still for 2 s of every 10 s repairs all the same', async (t) => {
  const setting = await inWorld(t, { text: TEXT })
  const { world, first } = setting
  world.machines.break('w0', 'runtime-dead')
  const brokenAt = world.clock.now()
  let ended = false
  const stalling = (async () => {
    while (!ended) {
      await passes(setting, 8_000)
      await standsStill(setting, first, 2_000)
    }
  })()
  const actedAt = await firstAct(setting, 'w0', 3 * DURATION_MS)
  t.ok(actedAt - brokenAt > 1.2 * DURATION_MS, `${actedAt - brokenAt} ms`)
  await world.until('it is repaired', 3 * DURATION_MS, () => phase(world, 'w0') === 'Succeeded')
  ended = true
  await stalling
  t.same(acts(world, 'w0'), ['reboot-hard'], 'once')
  t.notOk(reasons(first).includes('LeaseLost'))
})

for (const stallMs of [30_000, 300_000]) {
  t.test(
    `after ${stallMs / 1_000} s of standing still, a node that was well meanwhile has its whole time`,
    async (t) => {
      const setting = await inWorld(t, { text: TEXT })
      const { world, first } = setting
      world.machines.break('w0', 'runtime-dead')
      await passes(setting, 50_000)
      first.freeze()
      await passes(setting, 2_000)
      world.machines.mend('w0', 'runtime-dead')
      await passes(setting, stallMs)
      world.machines.break('w0', 'runtime-dead')
      const brokenAt = world.clock.now()
      first.thaw()
      const actedAt = await firstAct(setting, 'w0', 3 * DURATION_MS)
      t.ok(actedAt - brokenAt >= DURATION_MS, `${actedAt - brokenAt} ms`)
      t.ok(reasons(first).includes('StoodStill'))
      await world.until('it is repaired', 60_000, () => phase(world, 'w0') === 'Succeeded')
      t.same(world.cloud.acts().length, 1, 'nobody else was touched')
    },
  )
}

t.test('a wall clock that jumps ahead or back by hours delays a repair, and harms nobody', async (t) => {
  const world = await startWorld()
  let aheadMs = 0
  const clock = { ...world.clock, wall: () => world.clock.wall() + aheadMs }
  const replica = await startReplica({ ...world, clock }, 'r0', TEXT)
  t.teardown(async () => {
    await replica.stop()
    await world.close()
  })
  const setting = { world, first: await leader(world, [replica]), replicas: [replica] }
  for (const jumpMs of [2 * HOUR_MS, -2 * HOUR_MS]) {
    const before = world.cloud.acts().length
    world.machines.break('w0', 'runtime-dead')
    await passes(setting, 30_000)
    aheadMs = jumpMs
    await passes(setting, 2 * DURATION_MS)
    t.equal(world.cloud.acts().length, before, 'while the clocks disagree, nothing is done')
    aheadMs = 0
    await firstAct(setting, 'w0', 2 * DURATION_MS)
    await world.until('it is repaired', 60_000, () => phase(world, 'w0') === 'Succeeded')
    t.equal(world.cloud.acts().length, before + 1, 'nobody else was touched')
  }
})
