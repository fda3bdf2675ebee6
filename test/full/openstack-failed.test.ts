import t from 'tap'
import { startHeald } from '../lab/heald.ts'
import { startOpenStackLab } from '../lab/openstack-cluster.ts'
import { openStackConfig } from '../lab/openstack-heald.ts'
import { startCloudProxy } from '../lab/openstack-proxy.ts'
import { finished, ladderOf } from '../lab/outcome.ts'
import { until } from '../lab/until.ts'

const PROOF = { deadline: '120s', verify: '90s', soak: '5s', drain: '0s' }
const LADDER = [
  { rung: 'start', ...PROOF },
  { rung: 'replace', ...PROOF },
]

t.setTimeout(900_000)

t.test(
  'after an update that failed, machines are started, and none is replaced before the rest is mended',
  async (t) => {
    const lab = await startOpenStackLab({ name: 'os-failed', masters: 1, workers: 3 })
    t.teardown(() => lab.stop())
    const proxy = await startCloudProxy()
    t.teardown(() => proxy.close())
    const config = { ...openStackConfig(lab, proxy), gates: { rate: { perHour: 20 } }, ladder: { worker: LADDER } }
    const heald = await startHeald(lab, { config })
    t.teardown(() => heald.stop())
    const [off = '', broken = ''] = lab.workers
    const [admin, demo] = [await lab.cloud.as('admin'), await lab.cloud.as('demo')]
    const resize = (count: number): Promise<unknown> =>
      demo.must('magnum', 'POST', `/clusters/${lab.clusterId}/actions/resize`, { node_count: count })
    const isIn = (status: string) => async (): Promise<boolean> => (await lab.magnum()).status === status

    // No host takes new servers: a person's resize fails, and leaves its failed member in the stack.
    const { services } = await admin.must('nova', 'GET', '/os-services?binary=nova-compute')
    const compute = (status: string): Promise<unknown> =>
      admin.must('nova', 'PUT', `/os-services/${services[0].id}`, { status })
    await compute('disabled')
    t.teardown(() => compute('enabled'))
    await resize(4)
    await until('the update has failed', isIn('UPDATE_FAILED'), 180_000)
    t.not((await lab.marked()).length, 0)

    const servers = await lab.servers()
    await demo.must('nova', 'POST', `/servers/${servers.get(off)?.id}/action`, { 'os-stop': null })
    t.same(ladderOf(await finished(lab, off)), ['start Verified'])

    const sent = proxy.acts().length
    await lab.fault(broken, 'sticky')
    const leader = await heald.leader()
    await until('the hold is named', async () => (await leader.why(broken)).includes('StackHasOtherFailures'), 90_000)
    t.same(
      proxy
        .acts()
        .slice(sent)
        .filter(({ body }) => !body.includes('getConsole')),
      [],
      'nothing is stopped or resized',
    )

    await compute('enabled')
    await resize(4)
    await until('a person has mended it', isIn('UPDATE_COMPLETE'), 120_000)
    t.match((await finished(lab, broken)).status, { phase: 'Succeeded', reason: 'Repaired' })
    t.equal((await demo.request('nova', 'GET', `/servers/${servers.get(broken)?.id}`)).status, 404)
    await until('Magnum is done', isIn('UPDATE_COMPLETE'), 60_000)
    t.equal((await lab.magnum()).node_count, 4)
  },
)
