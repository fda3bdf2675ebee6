import type { Test } from 'tap'
import { startOpenStackLab } from '../../lab/openstack-cluster.ts'
import { accountOf, runFile, sampleFile, withLease } from '../../lab/openstack-heald.ts'
import { startCloudProxy } from '../../lab/openstack-proxy.ts'
import { bootOf, finished, isCordoned, ladderOf, unmarked } from '../../lab/outcome.ts'
import { until } from '../../lab/until.ts'

/** magnum-auto-healer's documented sample as it stands, with its 15 s rounds, its minute and its five minutes of soak. */
export async function sampleScenario(t: Test): Promise<void> {
  const lab = await startOpenStackLab({ name: 'os-sample', masters: 1, workers: 3, slow: true })
  t.teardown(() => lab.stop())
  const proxy = await startCloudProxy()
  t.teardown(() => proxy.close())
  for (const node of [...lab.masters, ...lab.workers]) await lab.age(node, 30)
  const text = await sampleFile(lab, proxy, await accountOf(lab))
  const daemon = await runFile(lab, text)
  t.teardown(() => daemon.end())

  const [worker = ''] = lab.workers
  const server = (await lab.servers()).get(worker)?.id ?? ''
  const before = await bootOf(lab, worker)
  await lab.fault(worker, 'kubelet-dead')
  await until(`${worker} is Unknown`, async () => !(await lab.isReady(worker)), 60_000, 100)
  const unknownAt = Date.now()
  await until('heald calls Nova', () => proxy.acts().length > 0, 120_000, 50)
  const took = (proxy.acts()[0]?.at ?? 0) - unknownAt
  t.ok(took >= 59_000, `not before the minute that the file asks for: ${took} ms`)
  t.comment(`reboot ${took} ms after Ready=Unknown`)
  t.ok(await isCordoned(lab, worker), 'as the reference does')

  await until(`${worker} is Ready again`, () => lab.isReady(worker), 60_000)
  t.not(await bootOf(lab, worker), before, 'a new boot')
  const repair = await finished(lab, worker, 420_000)
  t.match(repair.status, { phase: 'Succeeded', reason: 'Repaired' })
  t.same(ladderOf(repair), ['reboot-soft Verified'])
  t.same(
    proxy.acts().map(({ service, path, body }) => [service, path.replace(/.*(?=\/servers)/, ''), JSON.parse(body)]),
    [['nova', `/servers/${server}/action`, { reboot: { type: 'SOFT' } }]],
    'one soft reboot and nothing else',
  )
  t.same(await lab.actions(server), ['reboot'], "Nova's own record")
  await unmarked(lab, worker)
  t.notOk(await isCordoned(lab, worker), 'the cordon was our own')
  await until('Magnum is told', () => proxy.reports().length > 0, 90_000)
  await until('Magnum calls it healthy', async () => (await lab.magnum()).health_status === 'HEALTHY', 30_000)
  await daemon.end()

  const [, second = ''] = lab.workers
  const watchful = await runFile(lab, withLease(text), 'lease')
  t.teardown(() => watchful.end())
  const sent = proxy.acts().length
  await lab.fault(second, 'kubelet-dead')
  const deadAt = Date.now()
  const reboot = await until('heald calls Nova', () => proxy.acts()[sent], 90_000, 50)
  t.match(reboot, { path: /action$/, body: /SOFT/ })
  t.comment(`reboot ${reboot.at - deadAt} ms after the kubelet died`)
}
