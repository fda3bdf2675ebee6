import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { statusOf } from '../../cmd/snapshot.ts'
import { decide } from '../../src/core/decide.ts'
import { explain } from '../../src/core/explain.ts'
import { startLab } from '../lab/cluster.ts'
import { until } from '../lab/until.ts'
import { bundle, run } from '../support/bundle.ts'
import { oneBrokenWorker, policy } from '../support/view.ts'

t.setTimeout(300_000)

const LEASE = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases'
const PODS = '/api/v1/namespaces/kube-system/pods'
const RBAC = '/apis/rbac.authorization.k8s.io/v1/namespaces/kube-system'
/** What the help of `heald status` says it needs. */
const RULES = [
  { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['get'] },
  { apiGroups: [''], resources: ['pods'], verbs: ['list'] },
  { apiGroups: [''], resources: ['pods/portforward'], verbs: ['get', 'create'] },
]

const file = await bundle(t)
// The host has no name service for its containers: the API server goes to kubelets by address.
const apiArgs = ['--kubelet-preferred-address-types=InternalIP']
const lab = await startLab({ name: 'heald-cli', controlPlane: 0, workers: 1, apiArgs })
t.teardown(() => lab.stop())
const [node = ''] = lab.workers

/** Serves the pages on the pod's own 127.0.0.1, as heald does. */
async function runPod(name: string): Promise<void> {
  const view = oneBrokenWorker()
  const election = { leading: true, epoch: 7, holder: `${node}_1`, renewedAt: 0, standingAside: false }
  const status = statusOf({ view, decision: decide(view, policy()), election, configLastGoodAt: 0 }, {}, '1.2.3')
  const env = [
    { name: 'STATUS', value: JSON.stringify(status) },
    { name: 'WHY', value: JSON.stringify(explain('w0', view, policy())) },
  ]
  const serve = 'httpd -f -p 127.0.0.1:9470 -h /w'
  const script = `mkdir -p /w/why; printf %s "$STATUS" >/w/status; printf %s "$WHY" >/w/why/w0; exec ${serve}`
  const container = { name: 'heald', image: 'docker.io/library/busybox:lab', command: ['sh', '-c', script], env }
  await lab.must('POST', PODS, {
    metadata: { name, labels: { 'app.kubernetes.io/name': 'heald' } },
    spec: {
      ...{ hostNetwork: true, nodeName: node, terminationGracePeriodSeconds: 1, automountServiceAccountToken: false },
      containers: [{ ...container, imagePullPolicy: 'IfNotPresent' }],
    },
  })
  const running = async () => (await lab.must('GET', `${PODS}/${name}`)).status.phase === 'Running'
  await until(`${name} runs`, running, 60_000)
}

function heald(...args: readonly string[]) {
  return run(process.execPath, [file, ...args], { env: { HOME: '/nonexistent', KUBECONFIG: lab.kubeconfig } })
}

await lab.must('POST', LEASE, {
  metadata: { name: 'heald' },
  spec: { holderIdentity: `${node}_1`, leaseTransitions: 7 },
})
await runPod('heald-x1')

t.test("status and why come from the leader's pod through a real kubelet", async (t) => {
  t.match(await heald('why', 'w0'), { code: 0, out: /^w0: REPAIR/, err: '' })
  t.match(await heald('status'), { code: 0, out: /leader +heald-cli-worker-1_1, epoch 7/, err: '' })
})

t.test('a port where nothing listens is said as the kubelet says it', async (t) => {
  t.match(await heald('status', '--port', '9999'), {
    code: 75,
    out: '',
    err: /connection refused.*; is --port 9999 its/,
  })
})

t.test(
  'the rights that the help names are enough, and without the last of them it says which is missing',
  async (t) => {
    const accounts = '/api/v1/namespaces/kube-system/serviceaccounts'
    const asks = { metadata: { name: 'asks' } }
    await lab.must('POST', accounts, asks)
    const { token } = (await lab.must('POST', `${accounts}/asks/token`, { spec: { expirationSeconds: 3_600 } })).status
    const subjects = [{ kind: 'ServiceAccount', name: 'asks', namespace: 'kube-system' }]
    const roleRef = { kind: 'Role', name: 'asks', apiGroup: 'rbac.authorization.k8s.io' }
    await lab.must('POST', `${RBAC}/roles`, { ...asks, rules: RULES.slice(0, 2) })
    await lab.must('POST', `${RBAC}/rolebindings`, { ...asks, subjects, roleRef })
    const kubeconfig = join(t.testdir(), 'kubeconfig')
    writeFileSync(kubeconfig, readFileSync(lab.kubeconfig, 'utf8').replace(/token: \w+/, `token: ${token}`))

    const poor = await heald('status', '--kubeconfig', kubeconfig)
    t.match(poor, { code: 2, out: '', err: /"get" and "create" of pods\/portforward in the namespace kube-system/ })
    t.notOk(poor.err.includes(token))
    await lab.patch(`${RBAC}/roles/asks`, { rules: RULES })
    const allowed = async () => (await heald('status', '--kubeconfig', kubeconfig)).code === 0
    await until('the new right counts', allowed, 20_000)
  },
)
