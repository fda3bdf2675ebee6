import t from 'tap'
import { inWorld } from '../support/cluster/in-world.ts'
import { leader, startReplica } from '../support/cluster/replica.ts'

t.test('a restarted daemon remembers control-plane and etcd nodes that are gone since', async (t) => {
  const { world, first } = await inWorld(t, {
    before: ({ machines }) => {
      machines.add({ name: 'm1', role: 'master' })
      machines.add({ name: 'm2', role: 'master' })
      machines.add({ name: 'e0', role: 'worker', etcd: true })
      machines.add({ name: 'e1', role: 'worker', etcd: true })
    },
  })
  const size = (replica: typeof first) => replica.decision()?.view.controlPlaneSeen
  const etcd = (replica: typeof first) => replica.decision()?.view.etcdSeen
  await world.until('three are seen', 30_000, () => size(first) === 3 && etcd(first) === 2)
  const path = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/heald'
  await world.until('and written down', 30_000, () =>
    ['heald.dev/control-plane', 'heald.dev/etcd'].every((one) =>
      JSON.stringify(world.api.call('GET', path)).includes(one),
    ),
  )
  await first.stop()
  world.machines.remove(world.machines.get('m2'))
  world.api.call('DELETE', '/api/v1/nodes/m2')
  world.machines.remove(world.machines.get('e1'))
  world.api.call('DELETE', '/api/v1/nodes/e1')
  const second = await startReplica(world, 'again')
  t.teardown(() => second.stop())
  await leader(world, [second])
  t.equal(second.decision()?.view.nodes.has('m2'), false)
  t.equal(size(second), 3)
  t.equal(etcd(second), 2)
})
