import type { Test } from 'tap'
import { startHeald } from '../../lab/heald.ts'
import { type OpenStackLab, startOpenStackLab } from '../../lab/openstack-cluster.ts'
import { openStackConfig } from '../../lab/openstack-heald.ts'
import { startCloudProxy } from '../../lab/openstack-proxy.ts'
import { finished, isCordoned, ladderOf, uidOf, unmarked } from '../../lab/outcome.ts'
import { until } from '../../lab/until.ts'

const proof = { deadline: '90s', verify: '12s', soak: '8s', drain: '0s' }
const LADDER = [
  { rung: 'start', ...proof, verify: '60s' },
  { rung: 'reboot-soft', ...proof },
  { rung: 'reboot-hard', ...proof },
  { rung: 'replace', ...proof, verify: '90s' },
]

/** Everything but the named nodes, as it is at the cloud: ids by name. */
async function others(lab: OpenStackLab, ...names: readonly string[]): Promise<Readonly<Record<string, string>>> {
  const servers = [...(await lab.servers()).values()].filter(({ name }) => !names.includes(name))
  return Object.fromEntries(servers.map(({ name, id }) => [name, id]))
}

/** A worker that is off is started, one that reboots do not help is replaced, and two of a group go in one resize. */
export async function workerScenario(t: Test): Promise<void> {
  const lab = await startOpenStackLab({ name: 'os-worker', masters: 1, workers: 6 })
  t.teardown(() => lab.stop())
  const proxy = await startCloudProxy()
  t.teardown(() => proxy.close())
  const config = {
    ...openStackConfig(lab, proxy),
    gates: {
      inFlight: { poolPercent: 40 },
      breaker: { poolPercent: 50 },
      correlatedCause: { window: '0s' },
      rate: { perHour: 20 },
    },
    ladder: { worker: LADDER },
  }
  const heald = await startHeald(lab, { config })
  t.teardown(() => heald.stop())
  const resizes = (): readonly { readonly node_count: number; readonly nodes_to_remove: readonly string[] }[] =>
    proxy
      .acts()
      .filter(({ path }) => path.endsWith('/actions/resize'))
      .map(({ body }) => JSON.parse(body))
  const demo = async () => lab.cloud.as('demo')

  await t.test('a powered-off worker is started, once, and its Node object is never deleted', async (t) => {
    const [worker = ''] = lab.workers
    const { id = '' } = (await lab.servers()).get(worker) ?? {}
    const uid = await uidOf(lab, worker)
    await (await demo()).must('nova', 'POST', `/servers/${id}/action`, { 'os-stop': null })
    const repair = await finished(lab, worker)
    t.same(ladderOf(repair), ['start Verified'])
    t.match(repair.status, { phase: 'Succeeded', reason: 'Repaired' })
    t.same(await lab.actions(id), ['stop', 'start'])
    t.equal(await uidOf(lab, worker), uid)
    await unmarked(lab, worker)
    t.notOk(await isCordoned(lab, worker))
  })

  await t.test('a worker that no reboot helps is replaced, and nothing else is touched', async (t) => {
    const [, worker = ''] = lab.workers
    const { id = '' } = (await lab.servers()).get(worker) ?? {}
    const rest = await others(lab, worker)
    const before = await lab.magnum()
    await lab.fault(worker, 'sticky')
    const repair = await finished(lab, worker)
    t.match(repair.status, { phase: 'Succeeded', reason: 'Repaired' })
    t.same(ladderOf(repair), ['reboot-soft Failed', 'reboot-hard Failed', 'replace Verified'])
    t.match(resizes(), [{ node_count: 6, nodes_to_remove: [id] }])
    t.equal(resizes().length, 1)
    t.equal((await (await demo()).request('nova', 'GET', `/servers/${id}`)).status, 404, 'the old server is gone')
    const now = await lab.servers()
    const made = [...now.values()].find((server) => !(server.name in rest))
    t.match(made, { status: 'ACTIVE' })
    t.ok(await lab.isReady(made?.name ?? ''), 'the new Node is Ready')
    t.same(await others(lab, made?.name ?? ''), rest, 'the other servers')
    t.equal((await lab.request('GET', `/api/v1/nodes/${worker}`)).status, 404, 'the old Node is gone')
    t.match(await lab.magnum(), { status: 'UPDATE_COMPLETE', node_count: before.node_count })
  })

  await t.test('two of one group go in one resize that names both, and nobody else is touched', async (t) => {
    const pair = lab.workers.slice(2, 4)
    const servers = await lab.servers()
    const ids = pair.map((name) => servers.get(name)?.id ?? '')
    const rest = await others(lab, ...pair)
    const sent = resizes().length
    await heald.configure({ ...config, ladder: { worker: LADDER.filter(({ rung }) => rung === 'replace') } })
    await Promise.all(pair.map((name) => lab.fault(name, 'sticky')))
    for (const name of pair) t.match((await finished(lab, name)).status, { phase: 'Succeeded', reason: 'Repaired' })
    const [resize, ...more] = resizes().slice(sent)
    t.equal(resize?.node_count, 6)
    t.same([...(resize?.nodes_to_remove ?? [])].sort(), [...ids].sort())
    t.same(more, [])
    const now = await lab.servers()
    t.equal(now.size, 7)
    for (const [name, id] of Object.entries(rest)) t.equal(now.get(name)?.id, id, `${name} is the same server`)
    await until('Magnum is done', async () => (await lab.magnum()).status === 'UPDATE_COMPLETE', 30_000)
  })
}
