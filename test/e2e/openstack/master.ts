import type { Test } from 'tap'
import { EACH_TIME, startHeald } from '../../lab/heald.ts'
import { startOpenStackLab } from '../../lab/openstack-cluster.ts'
import { openStackConfig } from '../../lab/openstack-heald.ts'
import { startCloudProxy } from '../../lab/openstack-proxy.ts'
import { finished, ladderOf } from '../../lab/outcome.ts'
import { until } from '../../lab/until.ts'

const proof = { deadline: '90s', verify: '12s', soak: '8s', drain: '0s' }
const LADDER = [
  { rung: 'start', ...proof, verify: '60s' },
  { rung: 'reboot-soft', ...proof },
  { rung: 'reboot-hard', ...proof },
  { rung: 'replace', ...proof, verify: '90s', approval: false },
]
const CHECKS = [
  { type: 'Endpoint', params: { unhealthyDuration: '4s', timeout: '2s', ...EACH_TIME } },
  { type: 'NodeCondition', params: { types: ['Ready'], unhealthyDuration: '3s', ...EACH_TIME } },
]

/** Masters: none is touched when all fail; one is replaced through Heat, and only when its data survives or may die. */
export async function masterScenario(t: Test): Promise<void> {
  const lab = await startOpenStackLab({ name: 'os-master', masters: 3, workers: 1 })
  t.teardown(() => lab.stop())
  const proxy = await startCloudProxy()
  t.teardown(() => proxy.close())
  const config = (more: object): object => ({
    ...openStackConfig(lab, proxy, more),
    ...{ healthcheck: { master: CHECKS }, ladder: { master: LADDER }, gates: { rate: { perHour: 20 } } },
  })
  let heald = await startHeald(lab, { config: config({}) })
  t.teardown(() => heald.stop())
  // Not the one that heald itself runs on.
  const master = lab.masters.at(-1) ?? ''
  const siblings = lab.masters.slice(0, -1)

  await t.test('when every master fails its endpoint check, none is touched, and why says Quorum', async (t) => {
    for (const name of lab.masters) await lab.fault(name, 'api-dead')
    const leader = await heald.leader()
    const told = await until(
      'why says Quorum',
      async () => {
        const text = await leader.why(master)
        return text.includes('Quorum') && text.includes('Endpoint') ? text : undefined
      },
      60_000,
    )
    t.match(told, /Quorum/)
    await until(
      'all masters are held by the quorum',
      async () => {
        const { gates } = await leader.explain(master)
        return gates.some((gate: { gate: string; pass: boolean }) => gate.gate === 'Quorum' && !gate.pass)
      },
      30_000,
    )
    // Longer than every duration of this configuration.
    await new Promise((resolve) => setTimeout(resolve, 15_000))
    t.same(proxy.acts(), [])
    for (const name of lab.masters) await lab.cure(name)
    await until('nobody is suspect', async () => (await leader.status()).suspects.length === 0, 30_000)
  })

  await t.test('a master without an etcd volume is held when no reboot helps', async (t) => {
    await lab.fault(master, 'sticky')
    const hold = await until(
      'the replacement is held',
      async () => {
        const [repair] = await lab.repairs(master)
        const text = JSON.stringify(repair?.status ?? {})
        return text.includes('EtcdDataWouldBeLost') ? text : undefined
      },
      180_000,
    )
    t.match(hold, /reboot-hard/)
    t.same(await lab.marked(), [], 'no mark')
    t.notOk(
      proxy.acts().some(({ body }) => body.includes('os-stop')),
      'not stopped',
    )
  })

  await t.test('allowed to, heald has Heat replace exactly that server', async (t) => {
    const before = await lab.servers()
    const sent = proxy.acts().length
    await heald.stop()
    heald = await startHeald(lab, { config: config({ replaceMastersWithoutEtcdVolume: true }) })
    const repair = await finished(lab, master, 300_000)
    t.match(repair.status, { phase: 'Succeeded', reason: 'Repaired' })
    t.match(ladderOf(repair).at(-1), 'replace Verified')
    const now = await lab.servers()
    t.not(now.get(master)?.id, before.get(master)?.id, 'another server of the same name')
    for (const name of siblings) t.equal(now.get(name)?.id, before.get(name)?.id, `${name} is the same server`)
    t.same(await lab.marked(), [], 'no mark is left')
    const updates = proxy
      .acts()
      .slice(sent)
      .filter(({ service, method, path }) => service === 'heat' && method === 'PATCH' && !path.includes('/resources/'))
    t.equal(updates.length, 1, 'one stack update')
    await until('Magnum reads healthy', async () => (await lab.magnum()).health_status === 'HEALTHY', 60_000)
  })
}
