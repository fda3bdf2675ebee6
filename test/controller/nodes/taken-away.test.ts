import t from 'tap'
import { acts, inWorld, phase } from '../../support/cluster/in-world.ts'
import { config } from '../../support/cluster/replica.ts'
import type { World } from '../../support/cluster/world.ts'

/** Far more time for the proof than the test has. */
const TEXT = config({ ladder: '{rung: start}, {rung: reboot-hard, deadline: 20s, verify: 30m, soak: 1s}' })

async function rebooted(world: World): Promise<void> {
  world.machines.break('w0', 'kubelet-broken')
  await world.until('the act is confirmed', 60_000, () => phase(world, 'w0') === 'Verifying')
}

function takeAway(world: World): void {
  world.machines.remove(world.machines.get('w0'))
  world.api.call('DELETE', '/api/v1/nodes/w0')
}

t.test('a Node and its machine that are taken away under the proof keep no slot', async (t) => {
  const { world } = await inWorld(t, { text: TEXT })
  await rebooted(world)
  takeAway(world)
  await world.until('a person is asked', 60_000, () => phase(world, 'w0') === 'Parked')
  t.match(world.repairsOf('w0')[0]?.status, { reason: 'InstanceGone' })
})

t.test('another machine under the name ends the repair at once, and is judged by itself', async (t) => {
  const { world } = await inWorld(t, { text: TEXT })
  await rebooted(world)
  takeAway(world)
  world.machines.add({ name: 'w0', role: 'worker' })
  const ends = (): boolean => ['Cancelled', 'Parked'].includes(phase(world, 'w0') ?? '')
  await world.until('it has ended', 60_000, ends)
  t.same(acts(world, 'w0'), ['reboot-hard'])
})
