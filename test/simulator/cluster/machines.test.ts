import t, { type Test } from 'tap'
import { type EmbeddedApi, startEmbeddedApi } from '../../../src/simulator/api/server.ts'
import { createVirtualClock, type VirtualClock } from '../../../src/simulator/clock/virtual-clock.ts'
import { FAST } from '../../../src/simulator/cluster/machine.ts'
import { createMachines, type Machines, type MachinesOptions } from '../../../src/simulator/cluster/machines.ts'

interface World {
  readonly api: EmbeddedApi
  readonly machines: Machines
  readonly clock: VirtualClock
  // biome-ignore lint/suspicious/noExplicitAny: tests reach into stored objects
  node(name: string): any
  ready(name: string): string | undefined
  renewTime(name: string): string | undefined
}

async function world(t: Test, options: Partial<MachinesOptions> = {}): Promise<World> {
  const clock = createVirtualClock()
  const api = await startEmbeddedApi({ clock })
  const machines = createMachines({ api, clock, timings: FAST, ...options })
  const stop = new AbortController()
  const running = machines.run(stop.signal)
  t.teardown(async () => {
    stop.abort()
    await running
    await api.stop()
  })
  const node: World['node'] = (name) => api.store.get('nodes', name)
  return {
    ...{ api, machines, clock, node },
    ready: (name) => node(name)?.status.conditions.find((each: { type: string }) => each.type === 'Ready')?.status,
    // biome-ignore lint/suspicious/noExplicitAny: see node
    renewTime: (name) => (api.store.get('leases', `kube-node-lease/${name}`)?.spec as any)?.renewTime,
  }
}

t.test('a machine registers its Node with labels, identity and a heartbeat', async (t) => {
  const { machines, clock, node, ready, renewTime } = await world(t)
  const machine = machines.add({ name: 'm-1', role: 'master', zone: 'a', pool: 'cp' })
  await clock.advance(200)
  t.match(node('m-1').metadata.labels, {
    'node-role.kubernetes.io/control-plane': '',
    'topology.kubernetes.io/zone': 'a',
    'heald.dev/pool': 'cp',
  })
  t.match(node('m-1').spec, { providerID: 'pretend://demo/m-1' })
  t.match(node('m-1').status.nodeInfo, { bootID: machine.bootId, systemUUID: machine.id })
  t.equal(ready('m-1'), 'True')
  const first = renewTime('m-1')
  await clock.advance(FAST.heartbeatMs * 2)
  t.not(renewTime('m-1'), first)
})

t.test(
  'a kubelet that is silent for the grace turns Unknown and tainted, and Ready again when it speaks',
  async (t) => {
    const { machines, clock, node, ready } = await world(t)
    machines.add({ name: 'w-1', role: 'worker' })
    await clock.advance(200)
    machines.break('w-1', 'network-cut')
    await clock.advance(FAST.graceMs - 200)
    t.equal(ready('w-1'), 'True', 'not before the grace is over')
    await clock.advance(FAST.heartbeatMs + 400)
    t.equal(ready('w-1'), 'Unknown')
    t.match(node('w-1').spec.taints, [{ key: 'node.kubernetes.io/unreachable' }])
    machines.mend('w-1', 'network-cut')
    await clock.advance(FAST.heartbeatMs + 200)
    t.equal(ready('w-1'), 'True')
    t.strictSame(node('w-1').spec.taints, [])
  },
)

for (const fault of ['kubelet-dead', 'kubelet-broken'] as const) {
  t.test(
    `a ${fault} kubelet comes back with ${fault === 'kubelet-dead' ? 'a boot' : 'a new machine only'}`,
    async (t) => {
      const { machines, clock, node, renewTime } = await world(t)
      const machine = machines.add({ name: 'w-1', role: 'worker' })
      await clock.advance(200)
      const { bootID } = node('w-1').status.nodeInfo
      machines.break('w-1', fault)
      await clock.advance(FAST.heartbeatMs * 2)
      const silent = renewTime('w-1')
      machines.boot(machine)
      await clock.advance(FAST.bootMs + FAST.heartbeatMs)
      const back = fault === 'kubelet-dead'
      t.equal(renewTime('w-1') !== silent, back)
      t.equal(node('w-1').status.nodeInfo.bootID !== bootID, back, 'a new boot id proves a new boot')
    },
  )
}

t.test('a machine with a dead runtime says so itself, with a fresh heartbeat', async (t) => {
  const { machines, clock, ready, renewTime } = await world(t)
  machines.add({ name: 'w-1', role: 'worker' })
  await clock.advance(200)
  machines.break('w-1', 'runtime-dead')
  const before = renewTime('w-1')
  await clock.advance(FAST.heartbeatMs * 2)
  t.equal(ready('w-1'), 'False')
  t.not(renewTime('w-1'), before)
})

t.test('a machine that is off or paused is silent; a paused one goes on where it was', async (t) => {
  const { machines, clock, node, ready } = await world(t)
  const machine = machines.add({ name: 'w-1', role: 'worker' })
  await clock.advance(200)
  const { bootID } = node('w-1').status.nodeInfo
  machines.pause('w-1')
  await clock.advance(FAST.graceMs + FAST.heartbeatMs + 200)
  t.equal(ready('w-1'), 'Unknown')
  machine.power = 'running'
  await clock.advance(FAST.heartbeatMs + 200)
  t.equal(ready('w-1'), 'True')
  t.equal(node('w-1').status.nodeInfo.bootID, bootID)
})

t.test('evicted pods end after their time and start again on another node that takes pods', async (t) => {
  const { api, machines, clock } = await world(t, { workloads: [{ name: 'web', replicas: 4 }] })
  for (const name of ['m-1', 'w-1', 'w-2']) machines.add({ name, role: name === 'm-1' ? 'master' : 'worker' })
  await clock.advance(1_000)
  const on = (node: string): string[] =>
    api.store
      .list('pods')
      .filter((pod) => (pod.spec as { nodeName: string }).nodeName === node)
      .map((pod) => pod.metadata.name)
  t.strictSame([on('m-1').length, on('w-1').length, on('w-2').length], [0, 2, 2])
  const patch = { contentType: 'application/merge-patch+json' }
  api.call('PATCH', '/api/v1/nodes/w-1', { spec: { unschedulable: true } }, patch)
  for (const name of on('w-1')) {
    const path = `/api/v1/namespaces/default/pods/${name}/eviction`
    t.equal(api.call('POST', path, { metadata: { name } }).code, 201)
  }
  t.equal(on('w-1').length, 2, 'their kubelet still runs them down')
  await clock.advance(1_500)
  t.strictSame([on('w-1').length, on('w-2').length], [0, 4])
})

t.test('a probe finds what a TCP handshake would', async (t) => {
  const { machines, clock } = await world(t)
  machines.add({ name: 'w-1', role: 'worker' })
  await clock.advance(200)
  const { signal } = new AbortController()
  const probe = async () => (await machines.probe({ name: 'w-1' } as never, signal)).reason
  t.equal(await probe(), 'Reachable')
  machines.break('w-1', 'kubelet-dead')
  t.equal(await probe(), 'Refused')
  machines.powerOff('w-1')
  t.equal(await probe(), 'Timeout')
})
