import t from 'tap'
import { inWorld } from '../support/cluster/in-world.ts'
import { leader, startReplica } from '../support/cluster/replica.ts'

t.test('a restarted daemon remembers control-plane nodes that are gone since', async (t) => {
  const { world, first } = await inWorld(t, {
    before: ({ machines }) => {
      machines.add({ name: 'm1', role: 'master' })
      machines.add({ name: 'm2', role: 'master' })
    },
  })
  const size = (replica: typeof first) => replica.decision()?.view.controlPlaneSeen
  await world.until('three are seen', 30_000, () => size(first) === 3)
  const path = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/heald'
  await world.until('and written down', 30_000, () =>
    JSON.stringify(world.api.call('GET', path)).includes('control-plane'),
  )
  await first.stop()
  world.machines.remove(world.machines.get('m2'))
  world.api.call('DELETE', '/api/v1/nodes/m2')
  const second = await startReplica(world, 'again')
  t.teardown(() => second.stop())
  await leader(world, [second])
  t.equal(second.decision()?.view.nodes.has('m2'), false)
  t.equal(size(second), 3)
})
