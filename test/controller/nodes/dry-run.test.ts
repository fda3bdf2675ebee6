import t from 'tap'
import { none } from '../../../src/cloudprovider/none.ts'
import { inWorld } from '../../support/cluster/in-world.ts'
import { config } from '../../support/cluster/replica.ts'
import { createMemoryLog } from '../../support/memory-log.ts'

t.jobs = 6

t.test(
  'dry-run says once what it would do, counts it, and changes nothing but its Lease',
  { buffered: true },
  async (t) => {
    const writes: string[] = []
    const { world, first } = await inWorld(t, {
      text: config({ extra: 'dryRun: true' }),
      before: (world) =>
        world.api.setFaults(({ method, path }) => {
          if (method !== 'GET' && !path.endsWith('/leases/heald') && !path.endsWith('/leases'))
            writes.push(`${method} ${path}`)
          return undefined
        }),
    })
    world.machines.break('w0', 'runtime-dead')
    await world.clock.sleep(3_000, world.signal)
    world.machines.break('w1', 'runtime-dead')
    const would = () => first.notices.filter((one) => one.reason === 'WouldRepair')
    await world.until('it says so', 30_000, () => would().length > 0)
    await world.clock.sleep(10_000, world.signal)
    t.match(would(), [{ regarding: [{ kind: 'Node', name: 'w0' }], event: 'Normal', message: /reboot-hard/ }], 'once')
    const decision = first.decision()
    t.match(
      decision?.decision.verdicts.get('w0'),
      { kind: 'hold', repair: 'dry-run/w0' },
      'it is in repair, so to speak',
    )
    const held = decision?.decision.verdicts.get('w1')?.gates.filter((gate) => !gate.pass) ?? []
    t.ok(
      held.some((gate) => gate.gate === 'InFlight'),
      'and takes the slot',
    )
    t.same(writes, [], 'no write of heald, whoever made it')
    t.same(world.cloud.acts(), [])
    t.same(world.api.store.list('noderepairs'), [])
  },
)

t.test(
  'without a cloud dry-run says what one would be asked for, and nothing but dry-run says it',
  { buffered: true },
  async (t) => {
    const { world, first } = await inWorld(t, {
      text: config({ extra: 'dryRun: true' }),
      before: ({ cloud, clock }) =>
        Object.assign(cloud, none.create({}, { clock, log: createMemoryLog() }), { acts: cloud.acts.bind(cloud) }),
    })
    world.machines.break('w0', 'runtime-dead')
    const would = () => first.notices.filter((one) => one.reason === 'WouldRepair')
    await world.until('it says so', 30_000, () => would().length > 0)
    t.match(would(), [{ message: 'dry-run: w0 would be repaired by reboot-hard' }])
    t.ok(first.configure(config()))
    await world.until('it is held', 60_000, () => first.decision()?.decision.verdicts.get('w0')?.kind === 'hold')
    await world.clock.sleep(90_000, world.signal)
    t.match(
      first.notices.filter(({ reason }) => reason === 'StandsStill'),
      [{ message: /NoCloud: w0: no cloud is configured/ }],
    )
    t.same(world.api.store.list('noderepairs'), [])
  },
)

t.test('dry-run turned off acts at last; a virtual repair leaves no trace', { buffered: true }, async (t) => {
  const { world, first } = await inWorld(t, { text: config({ extra: 'dryRun: true' }) })
  world.machines.break('w0', 'runtime-dead')
  await world.until('it says so', 30_000, () => first.notices.some((one) => one.reason === 'WouldRepair'))
  t.ok(first.configure(config()))
  await world.until('it is repaired', 60_000, () => world.repairsOf('w0')[0]?.status?.phase === 'Succeeded')
  t.equal(world.cloud.acts().length, 1)
})

t.test(
  'dry-run turned on in the middle of a replacement: nothing more is sent, and its stop is taken back',
  { buffered: true },
  async (t) => {
    const ladder = '{rung: replace, deadline: 6s, verify: 30s, soak: 1s, drain: 0s, approval: false}'
    const { world, first } = await inWorld(t, { text: config({ ladder }) })
    world.machines.break('w0', 'kubelet-dead')
    first.gate.watch(({ what }, when) => {
      if (what === 'step' && when === 'after') first.configure(config({ ladder, extra: 'dryRun: true' }))
    })
    await world.until('the end', 60_000, () => world.repairsOf('w0')[0]?.status?.phase === 'Cancelled')
    t.match(world.repairsOf('w0')[0]?.status, { reason: 'DryRun', attempts: [{ state: 'Failed', reason: 'DryRun' }] })
    t.same(
      world.cloud.acts().map(({ act }) => act),
      ['stop', 'start'],
    )
    await world.until('the marks are gone', 30_000, () => world.node('w0').marks === undefined)
  },
)
