import t from 'tap'
import { startQuietCluster } from '../support/cluster/quiet-cluster.ts'

const QUIET_MS = 10 * 60_000

t.test('three replicas beside a hundred well nodes: one leads, nothing is done, and nothing is said', async (t) => {
  const { world, replicas } = await startQuietCluster()
  const before = replicas.map(({ notices }) => notices.length)
  await world.clock.sleep(QUIET_MS, world.signal)
  const leading = replicas.filter((one) => one.leading())
  t.equal(leading.length, 1)
  t.same(
    replicas.map(({ notices }, index) => notices.slice(before[index])),
    [[], [], []],
  )
  t.same(world.cloud.acts(), [])
  t.same(world.api.store.list('noderepairs'), [])
  t.equal(leading[0]?.decision()?.view.nodes.size, 100)
  await Promise.all(replicas.map((one) => one.stop()))
  await world.close()
})
