import t from 'tap'
import { PROVIDERS } from '../../../src/cloudprovider/registry.ts'
import { formatIssue } from '../../../src/config/load/config-error.ts'
import { loadConfig } from '../../../src/config/load/load.ts'
import { systemClock } from '../../../src/lib/clock.ts'

const openstack = PROVIDERS.get('openstack')!
const deps = { clock: systemClock, log: { debug() {}, info() {}, warn() {}, error() {} } }

function load(block: string) {
  const off = 'master-monitor-enabled: false\nworker-monitor-enabled: false\n'
  const text = `cluster-name: c1\nopenstack:\n${block.replace(/^/gm, '  ')}\n${off}`
  return loadConfig(text, { file: 'old.yaml', plugins: new Map(), providers: { openstack: openstack.schema } })
}

t.test(
  "every key of magnum-auto-healer's block is taken, in its spelling, with ids that look like numbers",
  async (t) => {
    const { config, warnings } = load(`auth-url: https://keystone/v3
user-id: 12345678
password: Zebra77hunter
trust-id: 0123e4
region: RegionOne
os-endpoint-type: internal
ca-file: /etc/ca.crt
tls-insecure: "true"
use-clouds: false
user-domain-name: ""`)
    t.same(warnings.map(formatIssue), [
      'old.yaml:5:3: openstack.password: a secret stands in the configuration itself; put it in a file and name that with password-file',
    ])
    t.match(openstack.schema.parse(config.providerOptions.openstack), {
      authUrl: 'https://keystone/v3',
      userId: '12345678',
      trustId: '0123e4',
      osEndpointType: 'internal',
      caFile: '/etc/ca.crt',
      tlsInsecure: true,
    })
    t.equal(openstack.create(config.providerOptions.openstack, deps).name, 'openstack')
  },
)

t.test('tenant keys mean projects, unknown keys warn, and what cannot work is told by line', async (t) => {
  const { config, warnings } = load('auth-url: https://k\nuser-id: u\npassword-file: /p\ntenant-id: t\nregionn: R')
  t.match(openstack.schema.parse(config.providerOptions.openstack), { tenantId: 't' })
  t.match(warnings.map(formatIssue), [
    /^old\.yaml:7:3: openstack\.regionn: unknown key, left out; did you mean region\?/,
  ])
  const mixed =
    'auth-url: https://k\nuser-id: u\npassword: Zebra77hunter\napplication-credential-id: a\napplication-credential-secret: Zebra88hunter'
  t.throws(() => load(mixed), {
    message: /^old\.yaml:5:3: openstack\.password: stands beside an application credential/,
  })
  t.throws(() => load('region: R'), { message: /openstack\.auth-url: .*Keystone/ })
})
