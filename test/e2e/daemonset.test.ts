import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { stringify } from 'yaml'
import { REPAIRS, startLab } from '../lab/cluster.ts'
import { NOTHING } from '../lab/engine.ts'
import { CONFIG_MAP, labConfig } from '../lab/heald.ts'
import { finished, isCordoned, ladderOf, unmarked } from '../lab/outcome.ts'
import { HEALD, LAB_SCRIPTS, ROOT } from '../lab/paths.ts'
import { until } from '../lab/until.ts'
import { run } from '../support/cli/bundle.ts'
import { sh } from '../support/docker/docker-engine.ts'

const MANIFESTS = join(ROOT, 'manifests', 'overlays', 'kind')
const DAEMON_SET = '/apis/apps/v1/namespaces/kube-system/daemonsets/heald'
const RBAC = '/apis/rbac.authorization.k8s.io/v1/namespaces/kube-system'
const LIMIT_MS = 180_000
/** What the help of `heald status` says it needs. */
const RULES = [
  { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['get'] },
  { apiGroups: [''], resources: ['pods'], verbs: ['list'] },
  { apiGroups: [''], resources: ['pods/portforward'], verbs: ['get', 'create'] },
]

t.setTimeout(900_000)

const lab = await startLab({ name: 'heald-daemonset', controlPlane: 3, workers: 2 })
t.teardown(() => lab.stop())
const [worker = '', other = ''] = lab.workers

/** As somebody on call, from another machine: the leader's pod is asked by port-forward. */
function heald(...args: readonly string[]) {
  return run(process.execPath, [HEALD, ...args], { env: { HOME: '/nonexistent', KUBECONFIG: lab.kubeconfig } })
}

// biome-ignore lint/suspicious/noExplicitAny: tests read single fields of the page
async function status(): Promise<any> {
  const { code, out } = await heald('status', '--output', 'json')
  return code === 0 ? JSON.parse(out) : undefined
}

async function allReady(): Promise<void> {
  const isDone = async () => {
    const { metadata, status } = await lab.must('GET', DAEMON_SET)
    const { observedGeneration, updatedNumberScheduled: updated, numberAvailable: available } = status
    const all = lab.masters.length
    return observedGeneration === metadata.generation && updated === all && available === all
  }
  await until('a ready pod of the newest kind on every control-plane node', isDone, LIMIT_MS)
}

/** The node whose pod leads. */
async function leadingNode(): Promise<string> {
  return until(
    'a pod leads and answers',
    async () => {
      const page = await status()
      const node = lab.masters.find((name) => page?.leader.holder?.startsWith(`${name}_`))
      return page?.leader.leading === true ? node : undefined
    },
    60_000,
  )
}

await promisify(execFile)(join(LAB_SCRIPTS, 'heald-image.sh'), [process.execPath, 'heald:0.1.0', ...lab.masters])

t.test('kubectl apply -k: a ready pod on every control-plane node, one leads, and it only looks', async (t) => {
  await lab.kubectl('apply', '-k', MANIFESTS)
  await allReady()
  const leader = await leadingNode()
  const { switches, config } = await status()
  t.equal(switches.dryRun, true)
  t.equal(config.error, undefined)
  t.match(await heald('status'), { code: 0, out: new RegExp(`leader +${leader}_`), err: '' })
  t.match(await heald('why', worker), { code: 0, out: new RegExp(`^${worker}: healthy`), err: '' })
})

t.test(
  'the ConfigMap edited, status names what waits for a restart; after the rollout a dead kubelet is repaired',
  async (t) => {
    await lab.patch(CONFIG_MAP, { data: { 'config.yaml': stringify(labConfig(lab.name)) } })
    const isTaken = async () => {
      const page = await status()
      return page?.switches.dryRun === false ? page : undefined
    }
    const edited = await until('the edit counts', isTaken, 20_000)
    t.same(edited.config.afterRestart, ['docker.cluster', 'docker.stopTimeout'])
    t.match(await heald('status'), { out: /config +read .* ago; ONLY AFTER A RESTART: docker\.cluster, docker\.stopT/ })
    await lab.kubectl('rollout', 'restart', 'daemonset/heald', '-n', 'kube-system')
    await allReady()
    await leadingNode()
    t.same((await status()).config.afterRestart, [])
    await lab.faults.kubeletDead(worker)
    const repair = await finished(lab, worker, LIMIT_MS)
    t.match(repair.status, { phase: 'Succeeded', reason: 'Repaired' })
    t.same(ladderOf(repair), ['reboot-hard Verified'])
    t.same(lab.engine.acts(worker), { ...NOTHING, reboot: 1 })
  },
)

t.test('the machine on which the leader runs is switched off: the next leader starts it', async (t) => {
  const leader = await leadingNode()
  await lab.faults.off(leader)
  const repair = await finished(lab, leader, LIMIT_MS)
  t.match(repair.status, { phase: 'Succeeded', reason: 'Repaired' })
  t.same(ladderOf(repair), ['start Verified'])
  t.same(lab.engine.acts(leader), { ...NOTHING, start: 1 })
  await unmarked(lab, leader)
  await allReady()
  t.not(await leadingNode(), leader)
})

t.test('a stop-file on the machines stops the pods: nobody leads, and each says why', async (t) => {
  for (const master of lab.masters) await sh(master, 'touch /run/heald/stop')
  const told = /leader +nobody;.*\n.*\nswitches +STOP FILE on this machine/
  await until('the Lease is let go, and status says why', async () => told.test((await heald('status')).out), 20_000)
  t.match(await heald('status'), {
    code: 0,
    err: /nobody holds the Lease kube-system\/heald; so pod kube-system\/heald-/,
  })
  await lab.faults.kubeletDead(other)
  const isHeld = async () => (await heald('why', other)).out.includes('StopFile')
  await until(`${other} is held by it`, isHeld, LIMIT_MS)
  t.same(lab.engine.acts(other), NOTHING)
  for (const master of lab.masters) await sh(master, 'rm /run/heald/stop')
  t.same(ladderOf(await finished(lab, other, LIMIT_MS)), ['reboot-hard Verified'])
})

t.test('the rights that the help names are enough; without the last it says which is missing', async (t) => {
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
})

t.test('a port where nothing listens is said as the kubelet says it', async (t) => {
  const refused = { code: 75, out: '', err: /connection refused.*; is --port 9999 its/ }
  t.match(await heald('status', '--port', '9999'), refused)
})

t.test('removed as the README says, in the middle of a repair, it leaves nothing behind', async (t) => {
  await lab.faults.kubeletDeadForGood(worker)
  const isOpen = async () => (await lab.repairs(worker)).some(({ status }) => status?.phase === 'Verifying')
  await until('a repair is open', isOpen, LIMIT_MS)
  t.ok(await isCordoned(lab, worker))
  await heald('pause', '--reason', 'removal')
  await lab.kubectl('delete', 'nr', '--all', '--timeout=55s')
  await unmarked(lab, worker)
  t.notOk(await isCordoned(lab, worker))
  await lab.kubectl('delete', '-k', MANIFESTS, '--timeout=55s')
  t.equal((await lab.request('GET', REPAIRS)).status, 404)
  t.equal((await lab.request('GET', CONFIG_MAP)).status, 404)
  for (const node of [...lab.masters, ...lab.workers]) {
    const { metadata, spec } = await lab.node(node)
    t.notMatch(JSON.stringify([metadata.annotations ?? {}, spec.taints ?? []]), /heald\.dev/)
  }
})
