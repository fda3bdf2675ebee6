import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Test } from 'tap'
import { stringify } from 'yaml'
import { labConfig, startHeald } from '../../lab/heald.ts'
import { USERS } from '../../lab/openstack.ts'
import { type OpenStackLab, startOpenStackLab } from '../../lab/openstack-cluster.ts'
import { openStackConfig } from '../../lab/openstack-heald.ts'
import { type ProxyOptions, startCloudProxy } from '../../lab/openstack-proxy.ts'
import { until } from '../../lab/until.ts'
import { createCertificate } from '../../support/kube/certificate.ts'

interface Refusal {
  readonly title: string
  readonly options: (lab: OpenStackLab) => Promise<object> | object
  /** What stands in the log, and what `heald check --live` says: cause and remedy. */
  readonly says: RegExp
  /** What `--live` says where looking alone does not tell. */
  readonly warns?: RegExp
  readonly proxy?: ProxyOptions
}

async function expiredCredential(lab: OpenStackLab): Promise<object> {
  const demo = await lab.cloud.as('demo')
  const expires = new Date(Date.now() + 1_500).toISOString().replace('Z', '')
  const { application_credential: made } = await demo.must(
    'keystone',
    'POST',
    `/users/${demo.userId}/application_credentials`,
    { application_credential: { name: `expired-${Date.now()}`, expires_at: expires } },
  )
  await new Promise((resolve) => setTimeout(resolve, 2_000))
  const nothing = Object.fromEntries(
    ['username', 'password', 'userDomainId', 'projectName', 'projectDomainId'].map((key) => [key, '']),
  )
  return { ...nothing, applicationCredentialId: made.id, applicationCredentialSecret: made.secret }
}

const REFUSALS: readonly Refusal[] = [
  {
    title: 'a user whose role no policy knows',
    options: () => ({ username: USERS.guest.name, password: USERS.guest.password }),
    says: /403: Policy doesn't allow.*needs the role member/,
  },
  {
    title: 'a user who may only look',
    options: () => ({ username: USERS.reader.name, password: USERS.reader.password }),
    says: /403.*os_compute_api:servers:reboot.*needs the role member/,
    warns: /roles reader.*repairs need the role member/,
  },
  {
    title: 'a wrong password',
    options: () => ({ password: 'wrong' }),
    says: /401.*password.*wrong, expired or revoked/,
  },
  {
    title: 'an application credential that has expired',
    options: expiredCredential,
    says: /401.*application credential is wrong, expired or revoked/,
  },
  {
    title: 'a region that the catalog does not have',
    options: () => ({ region: 'Nowhere' }),
    says: /no public endpoint in region Nowhere.*RegionOne/,
  },
  {
    title: 'a service that the catalog does not have',
    options: () => ({}),
    proxy: { hide: ['nova'] },
    says: /the catalog has no service of type compute/,
  },
  {
    title: 'a certificate that nobody signed',
    options: () => ({}),
    proxy: { tls: createCertificate('IP:127.0.0.1') },
    says: /certificate is not trusted: set caFile/,
  },
]

/** Whatever is wrong with the way in: heald lives, says what it is, and touches nothing. */
export async function refusalScenario(t: Test): Promise<void> {
  const lab = await startOpenStackLab({ name: 'os-refused', masters: 1, workers: 2 })
  t.teardown(() => lab.stop())
  const [worker = ''] = lab.workers
  const { id = '' } = (await lab.servers()).get(worker) ?? {}
  await lab.fault(worker, 'sticky')
  await until(`${worker} is silent`, async () => !(await lab.isReady(worker)), 60_000)

  for (const { title, options, says, warns, proxy: proxyOptions } of REFUSALS) {
    await t.test(`${title} is named, and nothing is touched`, async (t) => {
      const proxy = await startCloudProxy(proxyOptions)
      t.teardown(() => proxy.close())
      const config = openStackConfig(lab, proxy, await options(lab))
      const heald = await startHeald(lab, { config })
      t.teardown(() => heald.stop())
      const leader = await heald.leader()
      const log = (): string => readFileSync(leader.log, 'utf8')
      await until('heald says what is wrong', () => says.test(log()), 45_000).catch((thrown: Error) => {
        throw new Error(`${thrown.message}: ${log().slice(-3_000)}`)
      })
      const page = await leader.status()
      t.equal(page.leader.leading, true, 'it lives')
      t.equal(leader.child.exitCode, null)
      t.ok(proxy.logins().length <= 6, `Keystone is not hammered: ${proxy.logins().length}`)
      t.notMatch(log(), /demo-pw/, 'no secret is told')
      const file = join(lab.logs, 'live.yaml')
      await writeFile(file, stringify({ ...labConfig(lab.name), ...config }))
      const live = await heald.cli('check', '--live', file).catch((thrown: { stdout: string }) => thrown.stdout)
      t.match(live, warns ?? says, 'heald check --live says so too')
    })
  }
  t.same(await lab.actions(id), [], "Nova's own record: nothing was done")
}
