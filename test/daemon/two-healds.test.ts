import t from 'tap'
import { acts, inWorld, phase } from '../support/cluster/in-world.ts'
import { config, type Replica, startReplica } from '../support/cluster/replica.ts'
import type { World } from '../support/cluster/world.ts'

/** Another heald of the same cluster, with a Lease of its own. */
async function second(world: World, extra: string): Promise<Replica> {
  const text = config({ extra }).replace('leaderElection: {', 'leaderElection: {name: heald2, ')
  const replica = await startReplica(world, 'second', text)
  await world.until('it leads at its own Lease', 30_000, () => replica.leading())
  return replica
}

const holdOf = (replica: Replica, node: string) =>
  replica
    .decision()
    ?.decision.verdicts.get(node)
    ?.gates.find(({ gate }) => gate === 'OtherActor')

t.test('a second heald in dry-run leaves alone what the first has in hand', async (t) => {
  const { world, first } = await inWorld(t)
  const other = await second(world, 'dryRun: true')
  t.teardown(() => other.stop())
  world.machines.break('w0', 'runtime-dead')
  await world.until('the second sees it', 30_000, () => holdOf(other, 'w0')?.reason === 'AnotherHeald')
  t.match(holdOf(other, 'w0')?.message, /another heald, Lease kube-system\/heald, has it in repair \(w0-/)
  await world.until('w0 is repaired', 60_000, () => phase(world, 'w0') === 'Succeeded')
  t.equal(world.repairsOf('w0').length, 1, 'it was never cancelled, and never opened anew')
  t.equal(world.repairsOf('w0')[0]?.spec.owner, 'kube-system/heald')
  t.equal(acts(world, 'w0').length, 1)
  await world.until('the marks are gone', 30_000, () => world.node('w0').marks === undefined)
  t.ok(first.leading())
  const told = other.notices.filter(({ reason }) => reason === 'AnotherHeald')
  t.equal(told.length, 1, 'who the other one is, is told once')
})

t.test('two healds that both act repair a node once', async (t) => {
  const { world } = await inWorld(t)
  const other = await second(world, '')
  t.teardown(() => other.stop())
  world.machines.break('w0', 'runtime-dead')
  await world.until('w0 is well', 90_000, () =>
    world.repairsOf('w0').some(({ status }) => status?.phase === 'Succeeded'),
  )
  await world.until('none is open', 60_000, () =>
    world.repairsOf('w0').every(({ status }) => ['Succeeded', 'Cancelled'].includes(status?.phase ?? '')),
  )
  t.equal(acts(world, 'w0').length, 1)
  await world.until('the marks are gone', 30_000, () => world.node('w0').marks === undefined)
})

t.test("a heald that starts anew neither seals nor removes another one's repairs and marks", async (t) => {
  const { world, first } = await inWorld(t)
  world.machines.break('w0', 'runtime-dead')
  await world.until('w0 is marked', 60_000, () => world.node('w0').marks !== undefined)
  await first.stop()
  const before = world.repairsOf('w0')
  const { marks } = world.node('w0')
  t.match(JSON.parse(marks ?? ''), { owner: 'kube-system/heald' })
  const other = await second(world, '')
  t.teardown(() => other.stop())
  await world.until('it has looked', 30_000, () => other.decision()?.view.sight.ledger.usable === true)
  await world.clock.sleep(20_000, world.signal)
  t.same(world.repairsOf('w0'), before)
  t.equal(world.node('w0').marks, marks)
})
