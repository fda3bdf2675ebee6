import t from 'tap'
import { acts, inWorld, phase } from '../support/cluster/in-world.ts'
import { config, type Replica, startReplica } from '../support/cluster/replica.ts'
import { startWorld, type World } from '../support/cluster/world.ts'

/** Another heald of the same cluster, with a Lease of its own. */
async function second(world: World, extra: string): Promise<Replica> {
  const text = config({ extra }).replace('leaderElection: {', 'leaderElection: {name: heald2, ')
  const replica = await startReplica(world, 'second', text)
  await world.until('it leads at its own Lease', 30_000, () => replica.leading())
  return replica
}

const LEASE = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/heald'

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
  const { holderIdentity } = (world.api.call('GET', LEASE).body as { spec: { holderIdentity: string } }).spec
  t.ok(holderIdentity !== '' && told[0]?.message.includes(`Lease kube-system/heald, held by ${holderIdentity}, `))
})

for (const [kind, path] of [
  ['ConfigMap', 'configmaps'],
  ['Endpoints', 'endpoints'],
] as const) {
  t.test(`a healer that renews its old lock on ${kind} alone is waited for`, async (t) => {
    const renewTime = '2026-01-01T00:00:00Z'
    const record = { holderIdentity: 'master-0_old', leaseDurationSeconds: 3_600, renewTime }
    const annotations = { 'control-plane.alpha.kubernetes.io/leader': JSON.stringify(record) }
    const metadata = { name: 'magnum-auto-healer', namespace: 'kube-system', annotations }
    const world = await startWorld(1)
    t.teardown(() => world.close())
    world.api.call('POST', `/api/v1/namespaces/kube-system/${path}`, { apiVersion: 'v1', kind, metadata })
    const text = config({}).replace(
      'leaderElection: {',
      'leaderElection: {additionalLocks: [kube-system/magnum-auto-healer], ',
    )
    const replica = await startReplica(world, 'r0', text)
    await world.until('it says so', 60_000, () => replica.notices.some(({ reason }) => reason === 'OldLockHeld'))
    await world.clock.sleep(60_000, world.signal)
    t.notOk(replica.leading())
    await replica.stop()
  })
}

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

t.test('whoever cancels every repair at once has one opened after a minute, then two, four, and so on', async (t) => {
  const ladder = '{rung: reboot-soft, deadline: 30s, verify: 30s, soak: 1s, drain: 0s, approval: true}'
  const { world, first } = await inWorld(t, { text: config({ ladder }) })
  const opened: number[] = []
  const peace = new AbortController()
  const fighting = (async () => {
    while (!peace.signal.aborted) {
      for (const { name, status } of world.repairsOf('w0')) {
        if (status === undefined || status.phase === 'Cancelled') continue
        opened.push(world.clock.now())
        const stored = world.api.store.get('noderepairs', name)
        const finishedAt = new Date(world.clock.wall()).toISOString()
        const theirs = { ...(stored?.status as object), phase: 'Cancelled', reason: 'Stolen', finishedAt }
        const path = `/apis/heald.dev/v1alpha1/noderepairs/${name}`
        world.api.call('PUT', `${path}/status`, { ...stored, status: theirs })
      }
      await world.clock.sleep(100, peace.signal).catch(() => undefined)
    }
  })()
  world.machines.break('w0', 'runtime-dead')
  await world.until('five were opened', 3_600_000, () => opened.length === 5)
  const pauses = opened.slice(1).map((at, index) => Math.round((at - (opened[index] ?? at)) / 60_000))
  t.same(pauses, [1, 2, 4, 8])
  const rate = () =>
    first
      .decision()
      ?.decision.verdicts.get('w0')
      ?.gates.find(({ gate }) => gate === 'Rate')
  await world.until('it backs off', 10_000, () => rate()?.reason === 'CancelledBefore')
  t.match(rate()?.message, /^5 repairs of this node were .*Stolen/)
  peace.abort()
  await fighting
})
