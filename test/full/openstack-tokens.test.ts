import t from 'tap'
import { startHeald } from '../lab/heald.ts'
import { startCloud } from '../lab/openstack.ts'
import { startOpenStackLab } from '../lab/openstack-cluster.ts'
import { openStackConfig } from '../lab/openstack-heald.ts'
import { startCloudProxy } from '../lab/openstack-proxy.ts'
import { finished, ladderOf } from '../lab/outcome.ts'
import { until } from '../lab/until.ts'

t.setTimeout(1_200_000)

t.test('with tokens of a minute a repair of five goes through, one login for each token', async (t) => {
  const cloud = await startCloud()
  await cloud.tokenLifetime(60)
  t.teardown(() => cloud.tokenLifetime())
  const lab = await startOpenStackLab({ name: 'os-tokens', masters: 1, workers: 2 })
  t.teardown(() => lab.stop())
  const proxy = await startCloudProxy()
  t.teardown(() => proxy.close())
  const soft = { rung: 'reboot-soft', deadline: '60s', verify: '60s', soak: '4m30s', drain: '0s' }
  const heald = await startHeald(lab, { config: { ...openStackConfig(lab, proxy), ladder: { worker: [soft] } } })
  t.teardown(() => heald.stop())
  const began = Date.now()
  const [worker = ''] = lab.workers
  await lab.fault(worker, 'kubelet-dead')
  await until('it soaks', async () => (await lab.repairs(worker))[0]?.status?.phase === 'Soaking', 120_000)

  const revoked = proxy.token() ?? ''
  const logins = proxy.logins().length
  const before = proxy.calls.length
  await revoke(revoked)
  await until(
    'the revoked token is refused',
    () => proxy.calls.slice(before).some(({ status }) => status === 401),
    60_000,
  )
  await until('there is another token', () => proxy.token() !== revoked, 20_000)
  await new Promise((resolve) => setTimeout(resolve, 10_000))
  t.equal(proxy.logins().length, logins + 1, 'one login for the revoked token, whoever was refused')

  const repair = await finished(lab, worker, 420_000)
  t.match(repair.status, { phase: 'Succeeded', reason: 'Repaired' })
  t.same(ladderOf(repair), ['reboot-soft Verified'])
  const minutes = (Date.now() - began) / 60_000
  t.ok(minutes >= 4.5)
  // Renewed a fifth ahead of its end: every 43 s to 48 s, and the revoked one.
  t.ok(proxy.logins().length <= minutes * (60 / 43) + 2, `${proxy.logins().length} logins in ${minutes.toFixed(1)} min`)
  const refused = proxy.calls.filter(({ service, status }) => service !== 'keystone' && status === 401)
  t.ok(refused.length <= 3, `requests refused around the revocation: ${refused.length}`)

  async function revoke(token: string): Promise<void> {
    const { token: own } = await cloud.as('admin')
    const response = await fetch(`${cloud.authUrl}/auth/tokens`, {
      method: 'DELETE',
      headers: { 'x-auth-token': own, 'x-subject-token': token },
    })
    t.equal(response.status, 204)
  }
})

t.test('in ten quiet minutes Magnum hears of the health three times at most', async (t) => {
  const lab = await startOpenStackLab({ name: 'os-quiet', masters: 1, workers: 2 })
  t.teardown(() => lab.stop())
  const proxy = await startCloudProxy()
  t.teardown(() => proxy.close())
  const heald = await startHeald(lab, { config: openStackConfig(lab, proxy) })
  t.teardown(() => heald.stop())
  await until('Magnum calls it healthy', async () => (await lab.magnum()).health_status === 'HEALTHY', 120_000)
  const heard = proxy.reports().length
  t.equal(heard, 1)
  await new Promise((resolve) => setTimeout(resolve, 600_000))
  t.ok(proxy.reports().length <= 3, `${proxy.reports().length} reports`)
  t.ok(proxy.reports().length >= 2, 'said again every five minutes')
  t.same(proxy.acts(), [])
})
