import t from 'tap'
import { explainCompat } from '../../../src/config/docs/explain-compat.ts'
import { formatIssue } from '../../../src/config/load/config-error.ts'
import { type Loaded, loadConfig } from '../../../src/config/load/load.ts'
import { toPolicy } from '../../../src/config/policy.ts'
import { options } from '../options.ts'

/** As its documentation has it, with every key that it knows. */
const SAMPLE = `dry-run: false
cluster-name: 5f8c1d2e-0000-4000-8000-000000000001
cloud-provider: openstack
monitor-interval: 15s
master-monitor-enabled: true
worker-monitor-enabled: true
check-delay-after-add: 20m
rebuild-delay-after-reboot: 7m
leader-elect: true
kubernetes:
  api-host: https://10.0.0.1:6443
  kubeconfig: /etc/kubernetes/admin.conf
healthcheck:
  master:
    - type: Endpoint
      params:
        unhealthy-duration: 3m
        protocol: HTTPS
        port: 6443
        endpoints: ["/healthz"]
        ok-codes: [200]
        unhealthy-annotation: autohealing.openstack.org/unhealthy-timestamp
        require-token: true
    - type: NodeCondition
      params: {unhealthy-duration: 3m, types: ["Ready"], ok-values: ["True"]}
  worker:
    - type: NodeCondition
      params: {unhealthy-duration: 1m, types: ["Ready"], ok-values: ["True"]}
openstack:
  auth-url: https://keystone/v3
  user-id: 6a3cf8
  password: Zebra77hunter
  trust-id: 0123
  region: RegionOne
  ca-file: /etc/kubernetes/ca-bundle.crt
`

function load(text: string): Loaded {
  return loadConfig(text, { file: 'old.yaml', ...options })
}

t.test('a file of magnum-auto-healer loads unchanged and means what it meant, no less careful', async (t) => {
  const { config, warnings } = load(SAMPLE)
  t.same(warnings.map(formatIssue), [
    'old.yaml:32:3: openstack.password: a secret stands in the configuration itself; put it in a file and name that with password-file',
  ])
  t.match(config, {
    compat: true,
    cloudProvider: 'openstack',
    monitorInterval: 15_000,
    actOnCordoned: true,
    leaderElection: { namespace: 'kube-system', name: 'heald', additionalLocks: ['kube-system/magnum-auto-healer'] },
    kubernetes: { apiHost: 'https://10.0.0.1:6443' },
    providerOptions: { openstack: { 'auth-url': 'https://keystone/v3' } },
  })
  const policy = toPolicy(config)
  for (const role of ['master', 'worker'] as const) {
    const { ladder } = policy.roles[role]
    t.same(
      ladder.map(({ rung }) => rung),
      ['start', 'reboot-soft', 'reboot-hard', 'replace'],
    )
    t.notOk(
      ladder.some(({ approval }) => approval),
      'nobody is asked',
    )
    t.notOk(
      ladder.some(({ drainMs }) => drainMs > 0),
      'nothing is drained',
    )
    t.match(ladder.at(-1), { rung: 'replace', delayAfterRebootMs: 7 * 60_000 })
  }
  t.match(policy, { breaker: { poolPercent: 20 }, inFlight: { pool: { min: 1 }, masters: 1 }, actOnCordoned: true })
})

t.test('adding a check of heald to such a file, in either spelling, changes nothing else in it', async (t) => {
  const added = SAMPLE.replace('  worker:\n', '  worker:\n    - {type: Endpoint, params: {unhealthyDuration: 10s}}\n')
  const { config } = load(added)
  t.match(config, { compat: true, actOnCordoned: true, leaderElection: { additionalLocks: [/magnum/] } })
  t.equal(config.healthcheck.worker.length, 2)
})

t.test('such a file counts no changes and takes the first pass for health, unless it says otherwise', async (t) => {
  const { config } = load(SAMPLE)
  for (const { params } of [...config.healthcheck.master, ...config.healthcheck.worker]) {
    t.match(params, { healthyDuration: '0s', flapping: { changes: 0 } })
  }
  const asked =
    'cluster-name: c\nhealthcheck: {worker: [{type: NodeCondition, params: {flapping: {window: 1h}}}, {type: NodeCondition}]}\n'
  const [first, second] = load(asked).config.healthcheck.worker
  t.match(first?.params, { healthyDuration: '0s', flapping: { changes: 6, window: '1h' } })
  t.match(second?.params, { flapping: { changes: 0 } })
  t.match(load('dryRun: true\n').config.healthcheck.worker[0]?.params, { flapping: { changes: 6, window: '30m' } })
})

t.test('unknown keys in such a file warn, with the nearest known key, and are left out', async (t) => {
  const { warnings } = load(
    'cluster-name: c\nmonitor-intervall: 5s\nfrobnicate: 1\nhealthcheck: {master: [{type: NodeCondition}], worker: [{type: NodeCondition, params: {typs: [Ready]}}]}\n',
  )
  t.same(warnings.map(formatIssue), [
    'old.yaml:2:1: monitor-intervall: unknown key, left out; did you mean monitor-interval?',
    'old.yaml:3:1: frobnicate: unknown key, left out; see docs/configuration.md',
    'old.yaml:4:88: healthcheck.worker[0].params.typs: unknown key, left out; did you mean types?',
  ])
})

t.test(
  'values are taken as that program takes them: quoted booleans and numbers, bare ids, single items, any case',
  async (t) => {
    const { config } = load(`Cluster-Name: 12345
dry-run: "true"
healthcheck: {master: [{type: Endpoint, params: {port: "8443", endpoints: /readyz, Require-Token: 1}}]}
`)
    t.match(config, { clusterName: '12345', dryRun: true })
    t.match(config.healthcheck.master[0]?.params, { port: 8443, endpoints: ['/readyz'], requireToken: true })
  },
)

t.test('a bare number is no duration there either', async (t) => {
  t.throws(() => load('cluster-name: c\nmonitor-interval: 30\n'), {
    message: 'old.yaml:2:1: monitor-interval: got 30, expected a duration such as 30s, 5m or 1h30m',
  })
})

t.test(
  'one more key, or one in camelCase, takes nothing from such a file: its defaults stay, and it says so',
  async (t) => {
    for (const [key, line] of [
      ['ladder', 'ladder: {worker: [{rung: start}]}'],
      ['docker', 'docker: {}'],
      ['zone-label', 'zone-label: z'],
      ['checkDelayAfterAdd', 'checkDelayAfterAdd: 20m'],
    ] as const) {
      const { config, warnings } = load(`${SAMPLE.replace(/^check-delay.*\n/m, '')}${line}\n`)
      t.match(config, { compat: true, cloudProvider: 'openstack', actOnCordoned: true }, key)
      const message = `is heald's own key in a file of magnum-auto-healer (dry-run in line 1), whose defaults stay`
      t.ok(
        warnings.some((warning) => warning.key === key && warning.message.startsWith(message)),
        key,
      )
    }
    const told = load(`compatibility: magnum-auto-healer\n${SAMPLE}ladder: {}\n`)
    t.notMatch(told.warnings.map(formatIssue).join('\n'), /own key/, 'nor does it, once the file does')
    t.match(load('compatibility: none\ncluster-name: c\nladder: {}\n').config, { compat: false, cloudProvider: 'none' })
  },
)

t.test('kebab-case below openstack alone makes no file of magnum-auto-healer of one with keys of heald', async (t) => {
  t.match(load('openstack: {auth-url: x}\n').config, { compat: true })
  t.match(load('clusterName: c\nopenstack: {auth-url: x}\n').config, { compat: false })
})

t.test('compatibility says outright whose defaults apply, and heald stays strict', async (t) => {
  t.match(load('compatibility: magnum-auto-healer\nclusterName: c\n').config, { compat: true, actOnCordoned: true })
  t.match(load('compatibility: none\ncluster-name: c\n').config, { compat: false, actOnCordoned: false })
  t.throws(() => load('compatibility: magnum-auto-healer\nfoo: 1\n'), { message: /foo: unknown key/ })
})

t.test('what a file means is said line by line, without a secret, and then what it leaves open', async (t) => {
  const lines = explainCompat(load(SAMPLE))
  const byKey = new Map(lines.map(({ key, meaning, line }) => [key, `${line ?? '-'} ${meaning}`]))
  t.match(byKey.get('rebuild-delay-after-reboot'), /^8 "7m": no replacement earlier/)
  t.match(byKey.get('healthcheck.worker[0]'), /^\d+ every worker is checked by NodeCondition Ready, unhealthy after 1m/)
  t.match(byKey.get('openstack.password'), /^32 an option/)
  t.match(byKey.get('approval'), /^- nobody is asked/)
  t.match(byKey.get('ladder.master'), /start, then reboot-soft, then reboot-hard, then replace, then a person/)
  t.match(byKey.get('drain'), /not drained/)
  t.match(byKey.get('actOnCordoned'), /healed too/)
  t.match(byKey.get('gates.breaker'), /20 % of a pool or 34 %/)
  t.match(byKey.get('lock'), /kube-system\/magnum-auto-healer/)
  t.notMatch(JSON.stringify(lines), /Zebra77hunter/)
  const told = new Set(lines.map(({ line }) => line))
  const silent = SAMPLE.split('\n').flatMap((text, index) =>
    told.has(index + 1) || text === '' || /^( {6,}|kubernetes:|healthcheck:|openstack:| {2}(master|worker):)/.test(text)
      ? []
      : [text],
  )
  t.same(silent, [], 'no key of the file goes without a word')
})

t.test(
  'in such a file every condition is healthy when True unless it says otherwise, as in magnum-auto-healer',
  async (t) => {
    const text = `cluster-name: c
healthcheck:
  worker:
    - {type: NodeCondition, params: {types: [Ready, DiskGood, MemoryPressure]}}
    - {type: NodeCondition}
    - {type: NodeCondition, params: {types: [DiskBad], error-values: ["True"]}}
    - {type: NodeCondition, params: {types: [DiskBad], ok-values: ["False"]}}
`
    const values = load(text).config.healthcheck.worker.map(({ params }) => [params.okValues, params.errorValues])
    const True = ['True']
    t.same(values, [
      [True, undefined],
      [True, undefined],
      [undefined, True],
      [['False'], undefined],
    ])
    const asked = load(`compatibility: magnum-auto-healer\n${text}`)
    t.same(asked.config.healthcheck.worker[0]?.params.okValues, True)
    t.throws(() => load(text.replace('cluster-name', 'clusterName')), {
      message: /^old.yaml:4:\d+: healthcheck.worker\[0\].params.types\[1\]: .*DiskGood does not say .*ok-values/,
    })
  },
)
