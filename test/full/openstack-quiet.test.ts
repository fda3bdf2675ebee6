import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { startOpenStackLab } from '../lab/openstack-cluster.ts'
import { accountOf, runFile, sampleFile } from '../lab/openstack-heald.ts'
import { startCloudProxy } from '../lab/openstack-proxy.ts'
import { until } from '../lab/until.ts'

const QUIET_MS = 600_000

t.setTimeout(1_200_000)

t.test(
  'in ten quiet minutes Magnum is told of its cluster three times at most, and nothing else changes',
  async (t) => {
    const lab = await startOpenStackLab({ name: 'os-quiet', masters: 1, workers: 2, slow: true })
    t.teardown(() => lab.stop())
    const proxy = await startCloudProxy()
    t.teardown(() => proxy.close())
    const daemon = await runFile(lab, await sampleFile(lab, proxy, await accountOf(lab)))
    t.teardown(() => daemon.end())
    await until('Magnum is told', () => proxy.reports().length > 0, 60_000)
    await delay(QUIET_MS)
    t.comment(`${proxy.reports().length} reports`)
    t.ok(proxy.reports().length <= 3, `${proxy.reports().length} reports`)
    t.equal((await lab.magnum()).health_status, 'HEALTHY')
    t.same(proxy.acts(), [])
  },
)
