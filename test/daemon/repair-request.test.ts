import t from 'tap'
import { formatRequest, REQUEST_ANNOTATION } from '../../src/core/annotations/request.ts'
import type { RepairRequest } from '../../src/core/model/node-repair.ts'
import { rfc3339 } from '../../src/lib/pure/rfc3339.ts'
import { acts, inWorld, phase } from '../support/cluster/in-world.ts'
import { config, type Replica, startReplica } from '../support/cluster/replica.ts'
import type { World } from '../support/cluster/world.ts'

const MINUTE = 60_000
const LADDER = [
  '{rung: reboot-soft, deadline: 20s, verify: 20s, soak: 1s}',
  '{rung: reboot-hard, deadline: 20s, verify: 20s, soak: 1s}',
  '{rung: replace, deadline: 30s, verify: 30s, soak: 1s, drain: 0s, approval: false}',
].join(', ')
const CLIMB = config({ ladder: LADDER })

function ask(world: World, node: string, change: Partial<RepairRequest> = {}): string {
  const until = rfc3339(world.clock.wall() + 10 * MINUTE)
  const text = formatRequest({ reason: 'the fan is dead', by: 'alice', until, ...change })
  put(world, node, text)
  return text
}

function put(world: World, node: string, text: string | null): void {
  world.patchNode(node, { metadata: { annotations: { [REQUEST_ANNOTATION]: text } } })
}

const asked = (world: World, node: string) => world.node(node).annotations[REQUEST_ANNOTATION]
const told = ({ notices }: Replica, reason: string) => notices.filter((one) => one.reason === reason)
const holds = (replica: Replica, node: string) =>
  replica
    .decision()
    ?.decision.verdicts.get(node)
    ?.gates.filter(({ pass }) => !pass)
    .map(({ gate }) => gate) ?? []

t.test('a node that no check calls broken is repaired when a person asks for it, once', async (t) => {
  const { world, first } = await inWorld(t, { text: CLIMB })
  ask(world, 'w0')
  await world.until('w0 is repaired', MINUTE, () => phase(world, 'w0') === 'Succeeded')
  const [repair] = world.repairsOf('w0')
  t.match(repair?.spec.request, { by: 'alice', reason: 'the fan is dead' })
  t.match(repair?.spec.evidence, [{ plane: 'person', reason: 'AskedFor' }])
  t.equal(acts(world, 'w0').length, 1)
  await world.until('the request is taken off', 10_000, () => asked(world, 'w0') === undefined)
  t.match(told(first, 'RepairRequested'), [{ message: /alice asks for a repair until .*: the fan is dead/ }])
  await world.clock.sleep(2 * MINUTE, world.signal)
  t.equal(world.repairsOf('w0').length, 1, 'one request is one repair')
  t.equal(acts(world, 'w0').length, 1)
})

t.test('the ladder begins where the person says', async (t) => {
  const { world } = await inWorld(t, { text: CLIMB })
  ask(world, 'w0', { rung: 'reboot-hard' })
  await world.until('w0 is repaired', MINUTE, () => phase(world, 'w0') === 'Succeeded')
  t.match(world.repairsOf('w0')[0]?.status?.attempts, [{ rung: 'reboot-hard' }])
})

t.test('every other gate has its say', async (t) => {
  const { world, first } = await inWorld(t, { text: CLIMB })
  world.patchNode('w0', { metadata: { annotations: { 'heald.dev/paused': '1h: INC-7' } } })
  ask(world, 'w0')
  await world.until('it is held', 10_000, () => holds(first, 'w0').includes('Paused'))
  t.same(holds(first, 'w0'), ['Paused'])
  await world.clock.sleep(MINUTE, world.signal)
  t.same(acts(world, 'w0'), [])
  world.patchNode('w0', { metadata: { annotations: { 'heald.dev/paused': null } } })
  await world.until('w0 is repaired', MINUTE, () => phase(world, 'w0') === 'Succeeded')
})

t.test('a request that is taken back or has expired before the act is none', async (t) => {
  const { world, first } = await inWorld(t, { text: CLIMB })
  for (const node of ['w0', 'w1']) {
    world.patchNode(node, { metadata: { annotations: { 'heald.dev/paused': 'true' } } })
  }
  ask(world, 'w0')
  ask(world, 'w1', { until: rfc3339(world.clock.wall() + 30_000) })
  await world.until('both are held', 10_000, () => ['w0', 'w1'].every((one) => holds(first, one).includes('Paused')))
  put(world, 'w0', null)
  await world.until('w1 expires', MINUTE, () => asked(world, 'w1') === undefined)
  t.match(told(first, 'RequestExpired'), [{ message: /^w1: / }])
  for (const node of ['w0', 'w1']) {
    world.patchNode(node, { metadata: { annotations: { 'heald.dev/paused': null } } })
  }
  await world.clock.sleep(MINUTE, world.signal)
  t.same(world.repairsOf('w0'), [])
  t.same(world.repairsOf('w1'), [])
})

t.test('a replacement that is asked for opens its repair and waits for an approval; taken back, it ends', async (t) => {
  const { world, first } = await inWorld(t, { text: CLIMB })
  ask(world, 'w0', { rung: 'replace' })
  await world.until('it waits', MINUTE, () => holds(first, 'w0').includes('Approval'))
  t.equal(phase(world, 'w0'), 'Pending')
  await world.clock.sleep(MINUTE, world.signal)
  t.same(acts(world, 'w0'), [])
  put(world, 'w0', null)
  await world.until('it ends', MINUTE, () => phase(world, 'w0') === 'Cancelled')
  t.equal(world.repairsOf('w0')[0]?.status?.reason, 'RequestOver')
})

t.test('a repair that was asked for and fails goes to a person; the request does not begin it again', async (t) => {
  const { world } = await inWorld(t, { text: config({ ladder: LADDER.split(', {rung: replace')[0] ?? '' }) })
  ask(world, 'w0', { rung: 'reboot-hard' })
  await world.until('its machine goes down', MINUTE, () => world.cloud.acts().length > 0)
  world.machines.break('w0', 'kubelet-broken')
  await world.until('it is for a person', 3 * MINUTE, () => phase(world, 'w0') === 'Parked')
  t.equal(asked(world, 'w0'), undefined)
  await world.clock.sleep(MINUTE, world.signal)
  t.equal(world.repairsOf('w0').length, 1)
  t.same(acts(world, 'w0').length, 1)
})

t.test('a new leader goes on with a request, and does not begin it a second time', async (t) => {
  const { world, replicas, first } = await inWorld(t, { text: CLIMB, replicas: 2 })
  ask(world, 'w0')
  await world.until('the repair is open', MINUTE, () => world.repairsOf('w0').length > 0)
  first.kill()
  await world.until('w0 is repaired', 3 * MINUTE, () => phase(world, 'w0') === 'Succeeded')
  await world.until('the request is taken off', 30_000, () => asked(world, 'w0') === undefined)
  await world.clock.sleep(MINUTE, world.signal)
  t.ok(replicas.some((one) => one !== first && one.leading()))
  t.equal(world.repairsOf('w0').length, 1)
  t.equal(acts(world, 'w0').length, 1)
})

t.test('a request that is not exactly one asks for nothing, and says what would be right', async (t) => {
  const { world, first } = await inWorld(t, { text: CLIMB })
  put(world, 'w0', '1h: reboot please')
  await world.until('it is told', 10_000, () => told(first, 'RequestUnreadable').length > 0)
  t.match(told(first, 'RequestUnreadable'), [
    {
      level: 'warn',
      event: 'Warning',
      message: /^w0: heald.dev\/repair-request is no JSON object: it asks for nothing; write \{/,
    },
  ])
  await world.clock.sleep(MINUTE, world.signal)
  t.same(world.repairsOf('w0'), [])
})

t.test('dry-run says what a request would lead to, and leaves it where it stands', async (t) => {
  const { world, first } = await inWorld(t, { text: `${CLIMB}\ndryRun: true` })
  const text = ask(world, 'w0', { rung: 'reboot-hard' })
  await world.until('it is told', 10_000, () => told(first, 'WouldRepair').length > 0)
  t.match(told(first, 'WouldRepair'), [{ message: /w0 would be repaired by reboot-hard/ }])
  await world.clock.sleep(MINUTE, world.signal)
  t.equal(told(first, 'WouldRepair').length, 1)
  t.equal(asked(world, 'w0'), text)
})

t.test('a request for a node that is in repair waits for its end', async (t) => {
  const { world, first } = await inWorld(t, { text: CLIMB })
  world.machines.break('w0', 'runtime-dead')
  await world.until('it is in repair', MINUTE, () => world.repairsOf('w0').length > 0)
  ask(world, 'w0', { rung: 'reboot-hard' })
  await world.until('it is told', 10_000, () => told(first, 'RequestWaits').length > 0)
  await world.until(
    'both are done',
    3 * MINUTE,
    () => world.repairsOf('w0').filter(({ status }) => status?.phase === 'Succeeded').length === 2,
  )
  t.match(
    world.repairsOf('w0').map(({ spec }) => spec.request?.rung),
    [undefined, 'reboot-hard'],
  )
})

t.test('of two healds that see one request, one acts', async (t) => {
  const { world } = await inWorld(t, { text: CLIMB })
  const other = await startReplica(
    world,
    'second',
    CLIMB.replace('leaderElection: {', 'leaderElection: {name: heald2, '),
  )
  t.teardown(() => other.stop())
  await world.until('it leads at its own Lease', 30_000, () => other.leading())
  ask(world, 'w0')
  await world.until('w0 is repaired', 2 * MINUTE, () =>
    world.repairsOf('w0').some(({ status }) => status?.phase === 'Succeeded'),
  )
  await world.clock.sleep(2 * MINUTE, world.signal)
  t.equal(acts(world, 'w0').length, 1)
})
