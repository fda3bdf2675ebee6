import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { parseAllDocuments } from 'yaml'
import { RBAC_FILE } from '../../lab/audit.ts'
import { cliStage } from '../../support/cli/cli-stage.ts'
import { writeKubeconfig } from '../../support/cli/kubeconfig.ts'
import { runCli } from '../../support/cli/terminal.ts'
import { createCertificate } from '../../support/kube/certificate.ts'
import { spec } from '../../support/kube/repairs.ts'
import { OpenStackCloud, PASSWORD } from '../../support/openstack/openstack-cloud.ts'
import { json, serve } from '../../support/serve.ts'

interface Try {
  readonly options?: object
  readonly tls?: true
  upset?(cloud: OpenStackCloud): void
}

async function check(t: Test, { options = {}, tls, upset }: Try) {
  const cloud = await new OpenStackCloud().start(t, tls && createCertificate('IP:127.0.0.1'))
  upset?.(cloud)
  const { heald } = await cliStage(t)
  const file = join(t.testdirName, 'heald.yaml')
  const openstack = { ...cloud.options(), ...options }
  writeFileSync(file, JSON.stringify({ cloudProvider: 'openstack', openstack }))
  const ran = await heald('check', '--live', file)
  t.same(cloud.mutations(), [], 'nothing is changed at the cloud')
  t.notMatch(ran.out + ran.err, new RegExp(PASSWORD), 'no secret is told')
  return ran
}

const NO_PASSWORD = { username: '', userDomainId: '', password: '', projectId: '' }
const forbidden = { status: 403, body: { forbidden: { code: 403, message: "Policy doesn't allow it." } } }
const unauthorized = {
  status: 401,
  body: { error: { code: 401, message: 'The request you have made requires authentication.' } },
}

const REFUSALS: readonly (Try & { readonly title: string; readonly says: readonly RegExp[]; readonly code: number })[] =
  [
    {
      title: 'a user whose role may nothing',
      upset: (cloud) => {
        cloud.trouble = ({ service }) => (service === 'keystone' ? undefined : forbidden)
      },
      says: ['magnum', 'nova'].map((name) => new RegExp(`failed +${name} .*403: Policy doesn't allow it.*role member`)),
      code: 2,
    },
    {
      title: 'a wrong password',
      options: { password: 'wrong' },
      says: [/failed +keystone .*401.*password or project is wrong.*correct userId or username, passwordFile/],
      code: 2,
    },
    {
      title: 'an application credential that has expired',
      options: { ...NO_PASSWORD, applicationCredentialId: 'i', applicationCredentialSecret: 's' },
      upset: (cloud) => {
        cloud.trouble = ({ service }) => (service === 'keystone' ? unauthorized : undefined)
      },
      says: [/failed +keystone .*401.*application credential is wrong, expired or revoked: make a new one/],
      code: 2,
    },
    {
      title: 'an unknown region',
      options: { region: 'Nowhere' },
      says: ['magnum', 'nova'].map(
        (name) => new RegExp(`failed +${name} .*no public endpoint in region Nowhere.*in RegionOne: set region`),
      ),
      code: 2,
    },
    {
      title: 'a service that the catalog does not have',
      upset: (cloud) => {
        cloud.services = ['magnum']
      },
      says: [/failed +nova .*no service of type compute/, /warning +heat .*nothing is replaced/, /warning +cinder /],
      code: 2,
    },
    {
      title: 'a certificate that nobody signed',
      tls: true,
      says: [/failed +keystone .*certificate is not trusted: set caFile/],
      code: 2,
    },
    {
      title: 'a cloud that does not answer',
      upset: (cloud) => {
        cloud.trouble = () => 'cut-before'
      },
      says: [/failed +keystone /],
      code: 75,
    },
  ]

for (const { title, says, code, ...more } of REFUSALS) {
  t.test(`heald check --live: ${title} is named with what to do, and nothing is changed`, async (t) => {
    const ran = await check(t, more)
    for (const one of says) t.match(ran.out, one)
    t.equal(ran.code, code)
  })
}

t.test('heald check --live: what is right is said, too, and what would keep heald from acting', async (t) => {
  const ran = await check(t, {})
  t.equal(ran.code, 0, ran.out)
  for (const what of ['api server', 'noderepairs', 'keystone', 'magnum', 'nova', 'heat', 'cinder']) {
    t.match(ran.out, new RegExp(`^ok +${what} `, 'm'))
  }
  const off = await check(t, {
    upset: ({ magnum }) => {
      magnum.labels = {}
    },
  })
  t.match(off.out, /warning +magnum .*auto_healing_enabled/)
  t.equal(off.code, 0)
})

t.test(
  'heald check --live: an API server that is not there is named, and the cloud is tried all the same',
  async (t) => {
    const { heald, api } = await cliStage(t)
    await api.stop()
    const file = join(t.testdirName, 'heald.yaml')
    writeFileSync(file, 'cloudProvider: none\n')
    const { out, code } = await heald('check', '--live', file)
    t.match(out, /failed +api server +the API server does not answer, try again/)
    t.match(out, /ok +none /)
    t.equal(code, 75)
  },
)

t.test('heald check --live: rights and a CRD that are missing are named, one by one', async (t) => {
  const seen: string[] = []
  const rights: string[] = []
  const url = await serve(t, async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const path = request.url ?? ''
    if (request.method === 'GET') return json(response, path.includes('heald.dev') ? 404 : 200, { items: [] })
    const { resourceAttributes: asked } = JSON.parse(Buffer.concat(chunks).toString()).spec
    seen.push(`${request.method} ${path}`)
    const resource = asked.subresource === undefined ? asked.resource : `${asked.resource}/${asked.subresource}`
    rights.push([asked.verb, asked.group, resource, asked.namespace ?? '', asked.name ?? ''].join(' '))
    const allowed = asked.verb !== 'patch' && asked.subresource !== 'eviction'
    json(response, 201, { status: { allowed } })
  })
  const kubeconfig = writeKubeconfig(t.testdir(), url)
  const file = join(t.testdirName, 'heald.yaml')
  writeFileSync(file, 'cloudProvider: none\n')
  const { out, code } = await runCli(['check', '--live', file, '--kubeconfig', kubeconfig])
  t.match(out, /failed +noderepairs +the CRD is missing: kubectl apply -k manifests\/base/)
  const missing =
    'patch noderepairs.heald.dev, patch nodes, create pods/eviction, patch events.events.k8s.io in default'
  t.ok(out.includes(`missing: ${missing}; manifests/base/rbac.yaml has them`), out)
  t.same(rights.sort(), shipped().sort(), 'each right that the manifests grant, but those that only some settings need')
  t.same([...new Set(seen)], ['POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews'], 'nothing else is posted')
  t.equal(code, 2)
})

interface Role {
  readonly metadata: { readonly namespace?: string }
  readonly rules?: readonly {
    readonly apiGroups: readonly string[]
    readonly resources: readonly string[]
    readonly resourceNames?: readonly string[]
    readonly verbs: readonly string[]
  }[]
}

/** Only to name who holds another heald's Lease. */
const OPTIONAL = 'get coordination.k8s.io leases kube-system '

/** What the manifests grant for any configuration: `--config-map` and a second lock are choices. */
function shipped(): string[] {
  const roles: Role[] = parseAllDocuments(readFileSync(RBAC_FILE, 'utf8')).map((one) => one.toJSON())
  const all = roles.flatMap(({ metadata, rules = [] }) =>
    rules.flatMap(({ apiGroups, resources, resourceNames = [''], verbs }) =>
      resourceNames
        .filter((name) => name !== 'magnum-auto-healer' && !resources.includes('configmaps'))
        .flatMap((name) =>
          verbs.map((verb) => [verb, apiGroups[0], resources[0], metadata.namespace ?? '', name].join(' ')),
        ),
    ),
  )
  return all.filter((right) => right !== OPTIONAL)
}

t.test('heald check --live: another heald in the cluster is named by its Lease and who holds it', async (t) => {
  const { heald, ledger, api } = await cliStage(t)
  const file = join(t.testdirName, 'heald.yaml')
  writeFileSync(file, 'cloudProvider: none\n')
  t.match((await heald('check', '--live', file)).out, /ok +other healds +no NodeRepair is of another Lease than/)
  for (const owner of ['kube-system/heald', 'kube-system/heald2', 'ops/gone']) {
    await ledger.create(owner.replace('/', '-'), spec({ owner }), AbortSignal.timeout(5_000))
  }
  const lease = { metadata: { name: 'heald2' }, spec: { holderIdentity: 'master-1_x' } }
  const made = api.call('POST', '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases', lease)
  t.equal(made.code, 201, JSON.stringify(made))
  const { out, code } = await heald('check', '--live', file)
  t.match(
    out.replace(/\s+/g, ' '),
    /warning other healds .*Lease kube-system\/heald2, held by master-1_x; Lease ops\/gone, which is gone/,
  )
  t.notMatch(out, /Lease kube-system\/heald,/)
  t.equal(code, 0)
})
