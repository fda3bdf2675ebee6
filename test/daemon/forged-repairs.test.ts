import t from 'tap'
import { inWorld, phase } from '../support/cluster/in-world.ts'
import type { World } from '../support/cluster/world.ts'
import { attempt, spec, status, storedSpec, storedStatus } from '../support/kube/repairs.ts'

const LEASE = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/heald'

/** What somebody with the right to create NodeRepairs, or an older CRD, has let in. */
function forge(world: World, name: string, given: { readonly spec: object; readonly status?: object }): void {
  const { uid } = world.node('w1')
  const metadata = {
    name,
    uid: `forged-${uid}-${name}`,
    resourceVersion: '',
    creationTimestamp: '1970-01-01T00:00:00Z',
  }
  world.api.store.put('noderepairs', name, {
    ...{ apiVersion: 'heald.dev/v1alpha1', kind: 'NodeRepair', metadata },
    ...given,
  })
}

for (const epoch of [2_147_483_647, 900_000_000]) {
  t.test(`no leader follows a repair of epoch ${epoch}: its node is left alone, the others are healed`, async (t) => {
    const { world, first } = await inWorld(t)
    const led = () =>
      (world.api.call('GET', LEASE).body as { spec: { leaseTransitions: number } }).spec.leaseTransitions
    const before = led()
    forge(world, 'forged', { spec: storedSpec(spec({ nodeName: 'w1', nodeUID: world.node('w1').uid, epoch })) })
    world.machines.break('w0', 'runtime-dead')
    await world.until('w0 is repaired', 60_000, () => phase(world, 'w0') === 'Succeeded')
    t.equal(led(), before, 'the same leader, under the same epoch')
    t.match(first.decision()?.view.unreadable.get('w1'), /far above heald's own/)
    t.same(
      [...(first.decision()?.view.repairs.values() ?? [])].map((one) => one.spec.nodeName),
      ['w0'],
    )
    await first.stop()
    t.equal(phase(world, 'w1'), undefined, 'nothing was written to it')
  })
}

t.test('a leader that begins while such a repair is there leads, and its epoch stays its own', async (t) => {
  const { world, first } = await inWorld(t, {
    before: (world) => forge(world, 'forged', { spec: storedSpec(spec({ nodeName: 'w1', epoch: 900_000_000 })) }),
  })
  t.ok(first.leading())
  t.match(world.api.call('GET', LEASE).body, { spec: { leaseTransitions: 1 } })
})

t.test('an attempt of another machine than the repair is of is no order of ours', async (t) => {
  const order = { ...attempt(1).order, instance: { id: 'somebody-else', name: 'x' }, nodeName: 'w1' }
  const { first } = await inWorld(t, {
    before: (world) => {
      const { uid } = world.node('w1')
      const given = status({ nodeUID: uid, epoch: 1, attempts: [{ ...attempt(1), order }], replacement: undefined })
      forge(world, 'forged', {
        spec: storedSpec(spec({ nodeName: 'w1', nodeUID: uid, epoch: 1 })),
        status: storedStatus(given),
      })
    },
  })
  t.match(first.decision()?.view.unreadable.get('w1'), /an order for machine somebody-else/)
})
