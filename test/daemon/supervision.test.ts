import t from 'tap'
import { createLiveness } from '../../src/http/liveness.ts'
import { recordOf } from '../../src/lib/pure/json.ts'
import { inWorld } from '../support/cluster/in-world.ts'
import { config, leader, startReplica } from '../support/cluster/replica.ts'

const LEASE = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/heald'

t.test('each loop that dies ends the leader with a reason, releases the Lease, and turns /livez red', async (t) => {
  const { world, first } = await inWorld(t)
  const names = first.daemon.loops.map(({ name }) => name)
  await first.stop()
  t.ok(names.length >= 8, names.join(', '))
  t.equal(new Set(names).size, names.length, 'each has a name of its own')

  for (const name of names) {
    const replica = await startReplica(world, name, config())
    const { daemon, gate, ended } = await leader(world, [replica])
    const shutdown = new AbortController()
    const livez = createLiveness({
      clock: world.clock,
      staleAfterMs: 60_000,
      shutdown: shutdown.signal,
      failure: daemon.failure,
    })
    t.equal(livez.complaint(), undefined)

    let greenAfterwards = 0
    const watchLivez = (): void => {
      if (daemon.failure() !== undefined && livez.complaint() === undefined) greenAfterwards++
    }
    gate.watch(watchLivez)
    gate.breakLoop(name)
    await t.rejects(ended, { name: 'LoopError', loop: name, message: `${name}: ${name} was broken` })

    t.match(livez.complaint(), `a loop is dead: ${name}: `)
    shutdown.abort()
    t.match(livez.complaint(), `a loop is dead: ${name}: `, 'in a shutdown too')
    t.equal(greenAfterwards, 0)
    const told = replica.notices.filter(({ reason }) => reason === 'LoopFailed').map(({ message }) => message)
    t.same(told, [`${name}: ${name} was broken; heald ends`])
    const lease = recordOf(world.api.call('GET', LEASE).body)
    t.match(lease, { spec: { leaseTransitions: Number } })
    t.notOk(recordOf(lease.spec).holderIdentity, `${name}: the Lease is released`)
    await replica.stop().catch(() => undefined)
  }
})
