import t from 'tap'
import { approvalOf } from '../../src/core/annotations/approval.ts'
import { PAUSED_ANNOTATION, readPause } from '../../src/core/annotations/pause.ts'
import { createLedger } from '../../src/kube/store/repairs.ts'
import { startControlPlane } from '../lab/control-plane.ts'
import { runCli } from '../support/cli/terminal.ts'
import { httpTo } from '../support/kube/api.ts'
import { installCrd, shippedCrd } from '../support/kube/crd.ts'
import { attempt, spec, status } from '../support/kube/repairs.ts'

const { signal } = new AbortController()
const plane = await startControlPlane()
t.teardown(() => plane.stop())
await installCrd(plane, await shippedCrd())
const ledger = createLedger({ http: await httpTo({ kubeconfig: plane.kubeconfig }) })
const MAPS = '/api/v1/namespaces/kube-system/configmaps'

async function heald(...args: readonly string[]) {
  const ran = await runCli([...args, '--kubeconfig', plane.kubeconfig])
  t.notOk((ran.out + ran.err).includes(plane.token), 'no output holds the token')
  return ran
}

t.test('pause and resume of cluster, pool and node leave the rest of the object alone', async (t) => {
  t.match(await heald('pause'), { code: 2, err: /create configmap heald-config/ })
  await plane.request('POST', '/api/v1/namespaces', { metadata: { name: 'kube-system' } })
  await plane.must('POST', MAPS, { metadata: { name: 'heald-config' }, data: { 'config.yaml': 'dryRun: true' } })
  await plane.must('POST', '/api/v1/nodes', { metadata: { name: 'worker-1', annotations: { 'a/b': 'c' } } })
  t.equal((await heald('pause', '--for', '2h', '--reason', 'upgrade: INC-7')).code, 0)
  t.equal(
    (await heald('pause', '--pool', 'p'.repeat(50), '--force')).code,
    0,
    'the longest pool that an annotation can name',
  )
  t.equal((await heald('pause', 'worker-1', '--for', '1h')).code, 0)
  const map = await plane.must('GET', `${MAPS}/heald-config`)
  t.match(readPause(map.metadata.annotations, Date.now()).paused, { reason: 'upgrade: INC-7', until: Number })
  t.equal(map.metadata.annotations[`${PAUSED_ANNOTATION}.${'p'.repeat(50)}`], 'true')
  t.same(map.data, { 'config.yaml': 'dryRun: true' })
  t.match(await heald('resume'), {
    code: 0,
    out: /is resumed \(before: paused for .*upgrade: INC-7\)\nthe pool p+ is still/,
  })
  t.equal((await heald('resume', 'worker-1')).code, 0)
  t.same((await plane.must('GET', '/api/v1/nodes/worker-1')).metadata.annotations, { 'a/b': 'c' })
})

t.test('approve and resume change annotations only, which the rules of the CRD allow at any epoch', async (t) => {
  const created = await ledger.create('worker-1-0b1e3c52-1', spec(), signal)
  const parked = await ledger.writeStatus(created, status({ phase: 'Parked', finishedAt: undefined }), signal)
  t.equal((await heald('approve', created.name, 'replace', '--for', '30m')).code, 0)
  t.match(await heald('resume', 'worker-1'), { code: 0, out: /waited for a person and is given back to heald/ })
  const after = (await ledger.get(created.name, signal))!
  t.match(approvalOf(after, 'replace', Date.now()), { state: 'valid' })
  t.equal(after.annotations['heald.dev/resume'], 'true')
  t.same(after.status, parked.status)
  const ended = status({ phase: 'Succeeded', attempts: [attempt(1, { state: 'Verified' })] })
  const other = await ledger.create('worker-2-b-1', spec({ nodeName: 'worker-2' }), signal)
  await ledger.writeStatus(other, ended, signal)
  t.match(await heald('approve', other.name, 'replace'), { code: 2, err: /is Succeeded: it has ended/ })
})

t.test('history reads what the API server stored', async (t) => {
  const { code, out } = await heald('history')
  t.equal(code, 0)
  t.match(out, /worker-1-0b1e3c52-1 +worker-1 +Parked /)
  t.match(out, /worker-2-b-1 +worker-2 +Succeeded +reboot-hard \(Verified\) /)
})

t.test('who may do nothing is told which right is missing; who is nobody, that', async (t) => {
  const kubeconfig = await plane.writeKubeconfig('poor', await plane.serviceAccountToken('default', 'poor'))
  const as = (...args: readonly string[]) => runCli([...args, '--kubeconfig', kubeconfig])
  t.match(await as('history'), { code: 2, err: /"list" of noderepairs\.heald\.dev in the whole cluster/ })
  t.match(await as('pause'), { code: 2, err: /"get" of configmaps in the namespace kube-system/ })
  t.match(await as('status'), { code: 2, err: /"get" of leases\.coordination\.k8s\.io in the namespace kube-system/ })
  const nobody = await plane.writeKubeconfig('nobody', 'wrong-token')
  const refused = await runCli(['history', '--kubeconfig', nobody])
  t.match(refused, { code: 2, err: /does not know who you are \(401\)/ })
  t.notOk(refused.err.includes('wrong-token'))
})

t.test('without an API server every command is 75', async (t) => {
  await plane.stopApi()
  for (const args of [['history'], ['pause'], ['resume', 'worker-1'], ['approve', 'worker-1-0b1e3c52-1', 'replace']]) {
    t.match(
      await heald(...args),
      { code: 75, out: '', err: /the API server does not answer, try again/ },
      args.join(' '),
    )
  }
})
