import t from 'tap'
import { SCALE_DOWN_DISABLED } from '../../../src/core/annotations/marks.ts'
import { acts, inWorld, phase, REPLACE_ONLY } from '../../support/cluster/in-world.ts'
import { CONFIG_MAP, config } from '../../support/cluster/replica.ts'
import type { World } from '../../support/cluster/world.ts'

const MAP = `/api/v1/namespaces/${CONFIG_MAP.namespace}/configmaps`

function pause(world: World): void {
  world.api.call('POST', MAP, { metadata: { name: CONFIG_MAP.name, annotations: { 'heald.dev/paused': 'true' } } })
}

async function succeeds(world: World, node = 'w0'): Promise<void> {
  await world.until('the repair succeeds', 60_000, () => phase(world, node) === 'Succeeded')
}

t.jobs = 6

t.test(
  'while in repair the node is cordoned and kept from the autoscaler; afterwards nothing of it is left',
  { buffered: true },
  async (t) => {
    const { world } = await inWorld(t)
    world.machines.break('w0', 'runtime-dead')
    await world.until('acting', 30_000, () => acts(world, 'w0').length > 0)
    t.match(world.node('w0'), {
      unschedulable: true,
      marks: /"cordon":true/,
      annotations: { [SCALE_DOWN_DISABLED]: 'true' },
    })
    await succeeds(world)
    await world.until('the marks are gone', 30_000, () => world.node('w0').marks === undefined)
    t.equal(world.node('w0').unschedulable, false)
    t.notOk(SCALE_DOWN_DISABLED in world.node('w0').annotations)
  },
)

t.test(
  'a write that met another one is tried again without a warning; a second one in a row is a failure, and is tried again too',
  { buffered: true },
  async (t) => {
    const { world, first } = await inWorld(t)
    let refusals = 2
    world.api.setFaults(({ method, path }) => {
      const isUndo = method === 'PATCH' && path === '/api/v1/nodes/w0' && phase(world, 'w0') === 'Succeeded'
      if (!isUndo || refusals === 0) return undefined
      refusals -= 1
      return { kind: 'answer', status: 409, reason: 'Conflict' }
    })
    world.machines.break('w0', 'runtime-dead')
    await succeeds(world)
    await world.until('the marks are gone', 30_000, () => world.node('w0').marks === undefined)
    const told = first.notices.filter(({ message }) => message.includes('409 Conflict'))
    t.match(told, [
      { level: 'info', reason: 'WriteConflict' },
      { level: 'warn', reason: 'UndoFailed' },
    ])
  },
)

t.test(
  "a person's cordon from before stays, and so does what they told the autoscaler",
  { buffered: true },
  async (t) => {
    const { world } = await inWorld(t, { text: config({ extra: 'actOnCordoned: true' }) })
    world.patchNode('w0', {
      spec: { unschedulable: true },
      metadata: { annotations: { [SCALE_DOWN_DISABLED]: 'true' } },
    })
    world.machines.break('w0', 'runtime-dead')
    await succeeds(world)
    await world.until('the marks are gone', 30_000, () => world.node('w0').marks === undefined)
    t.match(world.node('w0'), { unschedulable: true, annotations: { [SCALE_DOWN_DISABLED]: 'true' } })
    t.equal(world.repairsOf('w0')[0]?.status?.cordon, undefined, 'the record does not call it ours')
  },
)

t.test(
  'who uncordons in the middle is not contradicted in this repair, and a cordon of theirs after it stays',
  { buffered: true },
  async (t) => {
    const twice =
      '{rung: reboot-hard, deadline: 20s, verify: 3s, soak: 1s}, {rung: replace, drain: 0s, approval: false, soak: 1s}'
    const { world } = await inWorld(t, { text: config({ ladder: twice }) })
    world.machines.break('w0', 'kubelet-broken')
    await world.until('acting', 60_000, () => acts(world, 'w0').length > 0)
    world.patchNode('w0', { spec: { unschedulable: null } })
    await world.until('it is remembered', 30_000, () => world.repairsOf('w0')[0]?.status?.cordon === 'lifted-by-person')
    await world.until('the mark is dropped', 30_000, () => world.node('w0').marks === undefined)
    let cordonedAgain = false
    const off = world.api.store.onChange(() => {
      cordonedAgain ||= world.node('w0').unschedulable
    })
    await world.until('the next rung', 90_000, () => acts(world, 'w0').includes('create'))
    off()
    t.notOk(cordonedAgain, 'the second rung did not cordon')
    world.patchNode('w0', { spec: { unschedulable: true } })
    await succeeds(world)
    await world.until('the marks are gone', 30_000, () => world.node('w0').marks === undefined)
    t.ok(world.node('w0').unschedulable, "the person's own cordon stays")
  },
)

t.test('a person who cordons a node in repair again keeps their cordon', { buffered: true }, async (t) => {
  const { world } = await inWorld(t, { text: REPLACE_ONLY })
  world.machines.break('w0', 'kubelet-dead')
  await world.until('acting', 30_000, () => acts(world, 'w0').length > 0)
  world.patchNode('w0', { spec: { unschedulable: null } })
  await world.until('it is remembered', 30_000, () => world.repairsOf('w0')[0]?.status?.cordon === 'lifted-by-person')
  world.patchNode('w0', { spec: { unschedulable: true } })
  await succeeds(world)
  await world.until('the marks are gone', 30_000, () => world.node('w0').marks === undefined)
  t.ok(world.node('w0').unschedulable)
})

t.test('neither pause nor dry-run blocks an undo', { buffered: true }, async (t) => {
  for (const how of ['paused', 'dry-run'] as const) {
    const { world, first } = await inWorld(t)
    world.machines.break('w0', 'runtime-dead')
    await world.until('soaking', 60_000, () => phase(world, 'w0') === 'Soaking')
    if (how === 'paused') pause(world)
    else first.configure(config({ extra: 'dryRun: true' }))
    await succeeds(world)
    await world.until('the marks are gone', 30_000, () => world.node('w0').marks === undefined)
    t.equal(world.node('w0').unschedulable, false, how)
  }
})

t.test('marks whose repair never came to Issued are lifted by whoever leads next', { buffered: true }, async (t) => {
  const { world, first, replicas } = await inWorld(t, { replicas: 2 })
  first.gate.watch(({ what }, when) => {
    if (when === 'after' && what === 'PATCH /api/v1/nodes/w0') first.kill()
  })
  world.machines.break('w0', 'runtime-dead')
  await world.until('marked', 30_000, () => world.node('w0').marks !== undefined)
  world.machines.mend('w0', 'runtime-dead')
  await world.until('unmarked', 60_000, () => world.node('w0').marks === undefined)
  t.equal(world.node('w0').unschedulable, false)
  const told = (): boolean => replicas.some((one) => one.notices.some((notice) => notice.reason === 'MarksLifted'))
  await world.until('it is told', 30_000, told)
  t.same(acts(world, 'w0'), [])
})

t.test('marks of a repair that cannot be read are left alone, and their node too', { buffered: true }, async (t) => {
  const { world } = await inWorld(t, { text: REPLACE_ONLY })
  world.machines.break('w0', 'kubelet-dead')
  await world.until('acting', 30_000, () => acts(world, 'w0').includes('stop'))
  const name = world.repairsOf('w0')[0]?.name ?? ''
  const stored = world.api.store.get('noderepairs', name)!
  // Straight into the store, past every rule: what a broken etcd or a foreign CRD version leaves.
  world.api.store.put('noderepairs', name, { ...stored, status: { ...(stored.status as object), phase: 'Garbage' } })
  const before = acts(world, 'w0').length
  await world.clock.sleep(8_000, world.signal)
  t.equal(acts(world, 'w0').length, before, 'nothing more is done to the machine')
  t.ok(world.node('w0').unschedulable)
  t.not(world.node('w0').marks, undefined)
})
