import t from 'tap'
import { acts, inWorld, phase, REPLACE_ONLY } from '../../support/cluster/in-world.ts'
import { CONFIG_MAP, leader, startReplica } from '../../support/cluster/replica.ts'
import type { World } from '../../support/cluster/world.ts'
import { readRepair } from '../../support/kube/repairs.ts'

const REPAIRS = '/apis/heald.dev/v1alpha1/noderepairs'
const LEASE = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/heald'
const MAPS = `/api/v1/namespaces/${CONFIG_MAP.namespace}/configmaps`

function nameOf(world: World, node: string): string {
  return world.repairsOf(node).at(-1)?.name ?? ''
}

function withdraw(world: World, node: string): string {
  const name = nameOf(world, node)
  world.api.call('DELETE', `${REPAIRS}/${name}`)
  return name
}

async function gone(world: World, node: string, name: string): Promise<void> {
  await world.until('the object is gone', 60_000, () => world.repairsOf(node).every((one) => one.name !== name))
  await world.until('its marks are gone', 30_000, () => world.node(node).marks === undefined)
}

async function succeeds(world: World, node: string): Promise<void> {
  await world.until(`${node} is repaired`, 90_000, () => phase(world, node) === 'Succeeded')
}

function pause(world: World, on: boolean): void {
  const annotations = { 'heald.dev/paused': on ? 'true' : null }
  world.api.call('POST', MAPS, { metadata: { name: CONFIG_MAP.name } })
  const contentType = 'application/merge-patch+json'
  world.api.call('PATCH', `${MAPS}/${CONFIG_MAP.name}`, { metadata: { annotations } }, { contentType })
}

t.jobs = 6

t.test(
  'a repair deleted before its first act is gone; the next one takes its name and acts for itself',
  { buffered: true },
  async (t) => {
    const { world } = await inWorld(t)
    pause(world, true)
    world.machines.break('w0', 'runtime-dead')
    await world.clock.sleep(5_000, world.signal)
    t.same(world.repairsOf('w0'), [], 'while paused none opens')
    pause(world, false)
    await world.until('it acts', 60_000, () => acts(world, 'w0').length === 1)
    const name = withdraw(world, 'w0')
    await gone(world, 'w0', name)
    const kept = withdraw(world, 'w0')
    t.not(kept, name, 'what is kept of it')
    await gone(world, 'w0', kept)
    world.machines.break('w0', 'runtime-dead')
    await world.until('a new one', 60_000, () => world.repairsOf('w0').length === 1)
    t.equal(nameOf(world, 'w0'), name, 'under the same name')
    await succeeds(world, 'w0')
    t.same(acts(world, 'w0'), ['reboot-hard', 'reboot-hard'], 'and the cloud did not take its order for the old one')
  },
)

t.test('a repair deleted in the middle of a replacement is taken back and let go', { buffered: true }, async (t) => {
  const { world } = await inWorld(t, { text: REPLACE_ONLY })
  world.machines.break('w0', 'kubelet-dead')
  await world.until('stopped', 60_000, () => acts(world, 'w0').includes('stop'))
  const name = withdraw(world, 'w0')
  t.equal(world.repairsOf('w0')[0]?.deleting, true, 'the finalizer keeps it until all is taken back')
  await gone(world, 'w0', name)
  t.same(acts(world, 'w0'), ['stop', 'start'], 'its machine is started again')
})

t.test('a repair deleted while it is being proved is let go', { buffered: true }, async (t) => {
  const { world } = await inWorld(t)
  world.machines.break('w0', 'runtime-dead')
  await world.until('verifying', 60_000, () => phase(world, 'w0') === 'Verifying')
  await gone(world, 'w0', withdraw(world, 'w0'))
  t.same(acts(world, 'w0'), ['reboot-hard'])
})

t.test(
  'a NodeRepair with garbage in it parks its own node only, until somebody removes it',
  { buffered: true },
  async (t) => {
    const { world, first } = await inWorld(t)
    world.machines.break('w1', 'runtime-dead')
    await succeeds(world, 'w1')
    await world.until('released', 30_000, () => world.node('w1').marks === undefined)
    const stored = world.api.store.get('noderepairs', nameOf(world, 'w1'))!
    world.api.store.put('noderepairs', stored.metadata.name, { ...stored, status: 'garbage' } as never)
    world.machines.break('w1', 'runtime-dead')
    world.machines.break('w0', 'runtime-dead')
    await succeeds(world, 'w0')
    await world.clock.sleep(5_000, world.signal)
    t.equal(acts(world, 'w1').length, 1, 'nothing more is done to w1')
    const gates =
      first
        .decision()
        ?.decision.verdicts.get('w1')
        ?.gates.filter((gate) => !gate.pass) ?? []
    t.ok(gates.some((gate) => gate.gate === 'LedgerUsable' && gate.reason === 'LedgerUnreadable'))
    world.api.store.remove('noderepairs', stored.metadata.name)
    await succeeds(world, 'w1')
  },
)

t.test(
  'without the CRD nothing is done, the reason is told once, and healing begins when it is installed',
  { buffered: true },
  async (t) => {
    let definition: object = {}
    const { world, first } = await inWorld(t, {
      waitFor: 'leading',
      before: (world) => {
        const [stored] = world.api.store.list('customresourcedefinitions')
        definition = stored ?? {}
        world.api.store.remove('customresourcedefinitions', stored?.metadata.name ?? '')
      },
    })
    world.machines.break('w0', 'runtime-dead')
    await world.clock.sleep(15_000, world.signal)
    const verdict = first.decision()?.decision.verdicts.get('w0')
    t.match(verdict?.kind, 'hold')
    t.match(verdict?.gates.find((gate) => gate.gate === 'LedgerUsable')?.message, /CrdMissing/)
    const told = first.notices.filter((one) => one.reason === 'LedgerUnusable')
    t.match(told, [{ level: 'error', message: /CrdMissing/ }])
    t.equal(told.length, 1)
    t.ok(first.leading(), 'the process lives, and leads')
    t.same(world.cloud.acts(), [])
    world.api.store.put(
      'customresourcedefinitions',
      (definition as { metadata: { name: string } }).metadata.name,
      definition as never,
    )
    await succeeds(world, 'w0')
  },
)

t.test(
  'a CRD of an older shape that drops fields is found out before anything is done',
  { buffered: true },
  async (t) => {
    const { world, first } = await inWorld(t, {
      waitFor: 'leading',
      before: (world) => {
        const [stored] = world.api.store.list('customresourcedefinitions')
        const older = JSON.parse(JSON.stringify(stored))
        delete older.spec.versions[0].schema.openAPIV3Schema.properties.spec.properties.zone
        world.api.store.put('customresourcedefinitions', stored?.metadata.name ?? '', older)
      },
    })
    world.machines.break('w0', 'runtime-dead')
    await world.clock.sleep(10_000, world.signal)
    const failing =
      first
        .decision()
        ?.decision.verdicts.get('w0')
        ?.gates.filter((gate) => !gate.pass) ?? []
    t.match(failing.find((gate) => gate.gate === 'LedgerUsable')?.message, /CrdPrunes|CrdRefuses/)
    t.same(world.cloud.acts(), [])
  },
)

t.test(
  'a Node deleted and registered again by the same machine goes on being repaired, before and after the act',
  { buffered: true },
  async (t) => {
    const { world } = await inWorld(t)
    for (const [node, moment] of [
      ['w0', 'Pending'],
      ['w1', 'Verifying'],
    ] as const) {
      let uid = ''
      const off = world.api.store.onChange(({ shelf, after }) => {
        if (shelf !== 'noderepairs' || after === undefined || uid !== '') return
        const read = readRepair(after)
        if (!('object' in read) || read.object.spec.nodeName !== node) return
        if ((read.object.status?.phase ?? 'Pending') !== moment) return
        uid = world.node(node).uid
        process.nextTick(() => void world.api.call('DELETE', `/api/v1/nodes/${node}`))
      })
      world.machines.break(node, 'runtime-dead')
      await succeeds(world, node)
      off()
      t.match(uid, /./, `${node} was deleted while ${moment}`)
      t.not(world.node(node).uid, uid)
      t.same(acts(world, node), ['reboot-hard'])
      t.equal(world.repairsOf(node).length, 1, 'one repair, one incident')
      t.equal(world.repairsOf(node)[0]?.status?.nodeUID, world.node(node).uid)
    }
  },
)

t.test(
  'a deleted Lease ends the term, not the repair: the next epoch is above all that were written',
  { buffered: true },
  async (t) => {
    const { world, replicas } = await inWorld(t, { replicas: 2 })
    world.machines.break('w0', 'runtime-dead')
    await world.until('acting', 60_000, () => acts(world, 'w0').length === 1)
    const before = world.repairsOf('w0')[0]?.status?.epoch ?? 0
    world.api.call('DELETE', LEASE)
    await succeeds(world, 'w0')
    t.same(acts(world, 'w0'), ['reboot-hard'])
    t.ok((world.repairsOf('w0')[0]?.status?.epoch ?? 0) > before)
    t.ok(replicas.some((one) => one.notices.some((notice) => notice.reason === 'LeaseLost')))
  },
)

t.test(
  'a new process without a Lease to learn from raises its epoch above what stands in the repairs',
  { buffered: true },
  async (t) => {
    const { world, first } = await inWorld(t)
    world.machines.break('w0', 'runtime-dead')
    await world.until('acting', 60_000, () => acts(world, 'w0').length === 1)
    first.kill()
    const stored = world.api.store.get('noderepairs', nameOf(world, 'w0'))!
    const status = { ...(stored.status as object), epoch: 41 }
    world.api.store.put('noderepairs', stored.metadata.name, { ...stored, status })
    world.api.call('DELETE', LEASE)
    const late = await startReplica(world, 'late')
    await leader(world, [late])
    await succeeds(world, 'w0')
    t.ok((world.repairsOf('w0')[0]?.status?.epoch ?? 0) > 41)
    t.same(acts(world, 'w0'), ['reboot-hard'])
    await late.stop()
  },
)
