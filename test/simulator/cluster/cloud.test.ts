import t from 'tap'
import type { Order } from '../../../src/core/model/order.ts'
import { startEmbeddedApi } from '../../../src/simulator/api/server.ts'
import { createVirtualClock } from '../../../src/simulator/clock/virtual-clock.ts'
import { createPretendCloud } from '../../../src/simulator/cluster/cloud.ts'
import { refOf } from '../../../src/simulator/cluster/instance.ts'
import { FAST } from '../../../src/simulator/cluster/machine.ts'
import { createMachines } from '../../../src/simulator/cluster/machines.ts'

const { signal } = new AbortController()

async function world(t: { teardown(fn: () => unknown): void }) {
  const clock = createVirtualClock()
  const api = await startEmbeddedApi({ clock })
  t.teardown(() => api.stop())
  const machines = createMachines({ api, clock, timings: FAST })
  const cloud = createPretendCloud(machines)
  const machine = machines.add({ name: 'w-1', role: 'worker' })
  const order: Order = {
    ...{ rung: 'reboot-hard', repair: 'r', nodeName: 'w-1', nodeUID: 'u', key: 'r/1' },
    ...{ instance: refOf(machine), bootMark: machine.bootId },
  }
  const settle = async (): Promise<void> => {
    await clock.advance(FAST.taskMs)
    machines.tick()
  }
  return { machines, cloud, machine, order, settle }
}

t.test('a refusal without effect is no act, a lost answer is one', async (t) => {
  const { cloud, order, machine, settle } = await world(t)
  cloud.trouble({ effect: 'none', kind: 'throttled', times: 1 })
  await t.rejects(cloud.step([order], undefined, signal), { name: 'ProviderError', kind: 'throttled', effect: 'none' })
  t.equal(cloud.acts().length, 0)
  const before = machine.bootId
  cloud.trouble({ effect: 'maybe', times: 1 })
  await t.rejects(cloud.step([order], undefined, signal), {
    name: 'ProviderError',
    kind: 'unavailable',
    effect: 'maybe',
  })
  await settle()
  t.equal(cloud.acts().length, 1)
  t.not(machine.bootId, before)
  t.match(await cloud.recover([order], undefined, signal), { state: 'done' })
})

t.test('an ignored order is accepted and never repeated', async (t) => {
  const { cloud, order, machine, settle } = await world(t)
  const before = machine.bootId
  cloud.trouble({ effect: 'ignored', times: 1 })
  t.match(await cloud.step([order], undefined, signal), { state: 'running' })
  await settle()
  t.match(await cloud.step([order], { at: 'wait' }, signal), { state: 'running' })
  t.match(await cloud.step([order], undefined, signal), { state: 'running' })
  t.strictSame([cloud.acts().length, machine.bootId], [1, before])
})

t.test('a deaf system sleeps through a soft reboot and wakes by a hard one', async (t) => {
  const { cloud, machines, order, machine, settle } = await world(t)
  machines.break('w-1', 'deaf')
  const before = machine.bootId
  await cloud.step([{ ...order, rung: 'reboot-soft' }], undefined, signal)
  await settle()
  t.equal(machine.bootId, before)
  await cloud.step([{ ...order, key: 'r/2' }], undefined, signal)
  await settle()
  t.not(machine.bootId, before)
})

t.test('a cloud that is down answers nothing, and nothing was done', async (t) => {
  const { cloud, order } = await world(t)
  cloud.setDown(true)
  const down = { name: 'ProviderError', kind: 'unavailable', effect: 'none' }
  await t.rejects(cloud.inspect(order.instance, signal), down)
  await t.rejects(cloud.step([order], undefined, signal), down)
  cloud.setDown(false)
  t.match(await cloud.inspect(order.instance, signal), { power: 'running' })
  t.equal(cloud.acts().length, 0)
})
