import t from 'tap'
import { startHeald } from '../lab/heald.ts'
import { startOpenStackLab } from '../lab/openstack-cluster.ts'
import { openStackConfig } from '../lab/openstack-heald.ts'
import { startCloudProxy } from '../lab/openstack-proxy.ts'
import { finished } from '../lab/outcome.ts'
import { until } from '../lab/until.ts'

const OUTAGE_MS = 120_000
const REPLACE = { rung: 'replace', deadline: '5m', verify: '120s', soak: '5s', drain: '0s' }

t.setTimeout(1_500_000)

const lab = await startOpenStackLab({ name: 'os-outages', masters: 1, workers: 3 })
t.teardown(() => lab.stop())
const proxy = await startCloudProxy()
t.teardown(() => proxy.close())
const config = {
  ...openStackConfig(lab, proxy),
  ...{ gates: { correlatedCause: { window: '0s' }, rate: { perHour: 20 } }, ladder: { worker: [REPLACE] } },
}
const heald = await startHeald(lab, { config })
t.teardown(() => heald.stop())

for (const service of ['magnum-api', 'nova-api', 'keystone'] as const) {
  t.test(
    `${service} is away for two minutes in the middle of a repair, which then ends with no act twice`,
    async (t) => {
      const { items } = await lab.must('GET', '/api/v1/nodes')
      const names: string[] = items.map((node: { metadata: { name: string } }) => node.metadata.name)
      const worker = names.filter((name) => /-node-\d+$/.test(name)).sort()[0] ?? ''
      const { id = '' } = (await lab.servers()).get(worker) ?? {}
      const sent = proxy.acts().length
      let stopping: Promise<void> | undefined
      proxy.meddle(async (call, when) => {
        if (when !== 'after' || !call.body.includes('os-stop')) return undefined
        proxy.meddle(undefined)
        stopping = lab.cloud.service('stop', service)
        await stopping
        return undefined
      })
      t.teardown(() => lab.cloud.service('start', service))
      await lab.fault(worker, 'sticky')
      await until('the repair is in the middle', () => stopping !== undefined, 90_000, 50)
      await stopping
      const [leader] = heald.replicas
      await until(
        'the outage is named',
        async () =>
          /Cloud(Unavailable|Unauthorized)/.test(JSON.stringify(await leader?.status()) + (await leader?.why(worker))),
        60_000,
      ).catch((thrown: Error) => t.fail(thrown.message))
      await new Promise((resolve) => setTimeout(resolve, OUTAGE_MS))
      t.equal(leader?.child.exitCode, null, 'the process lives')
      t.not((await lab.repairs(worker)).at(-1)?.status?.phase, 'Parked')
      await lab.cloud.service('start', service)

      t.match((await finished(lab, worker, 400_000)).status, { phase: 'Succeeded', reason: 'Repaired' })
      const taken = proxy
        .acts()
        .slice(sent)
        .filter(
          ({ status = 0, path, body }) => status < 400 && status > 0 && !body.includes('getConsole') && path !== '',
        )
      t.equal(taken.filter(({ body }) => body.includes('os-stop')).length, 1, 'one stop')
      t.equal(taken.filter(({ path }) => path.endsWith('/actions/resize')).length, 1, 'one resize')
      const demo = await lab.cloud.as('demo')
      t.equal((await demo.request('nova', 'GET', `/servers/${id}`)).status, 404)
      t.equal((await lab.servers()).size, 4)
      await until('Magnum is done', async () => /_COMPLETE$/.test((await lab.magnum()).status), 60_000)
    },
  )
}
