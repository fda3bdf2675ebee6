import { randomUUID } from 'node:crypto'
import t, { type Test } from 'tap'
import { type EmbeddedApi, startEmbeddedApi } from '../../../src/simulator/api/server.ts'
import { SECRET_TOKEN, writeKubeconfig } from '../../support/cli/kubeconfig.ts'
import { servePages } from '../../support/cli/pages.ts'
import { type Ran, runCli } from '../../support/cli/terminal.ts'
import { forwardingApi } from '../../support/kube/forwarding-api.ts'
import { masters, node, oneBrokenWorker, view, workers } from '../../support/pure/view.ts'

const LEASES = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases'
const PODS = '/api/v1/namespaces/kube-system/pods'

interface Stage {
  readonly api: EmbeddedApi
  readonly asked: { readonly path: string; readonly authorization: string | undefined }[]
  heald(...args: readonly string[]): Promise<Ran>
}

/** An API server whose pods/portforward leads to `port`, and the CLI with a kubeconfig for it. */
async function stage(t: Test, port: number, refuse?: number): Promise<Stage> {
  const api = await startEmbeddedApi()
  t.teardown(() => api.stop())
  const front = await forwardingApi(t, api.url, { port, ...(refuse === undefined ? {} : { refuse }) })
  const kubeconfig = writeKubeconfig(t.testdir(), front.url)
  const heald: Stage['heald'] = async (...args) => {
    const ran = await runCli([...args, '--kubeconfig', kubeconfig, '--port', String(port)])
    t.notOk((ran.out + ran.err).includes(SECRET_TOKEN), 'no output holds the token')
    return ran
  }
  return { api, asked: front.asked, heald }
}

function lead(api: EmbeddedApi, holder: string): void {
  const body = { metadata: { name: 'heald' }, spec: { holderIdentity: holder, leaseTransitions: 3 } }
  api.call('POST', LEASES, body)
}

function addPod(api: EmbeddedApi, name: string, on: string, phase = 'Running'): void {
  const labels = { 'app.kubernetes.io/name': name.startsWith('heald') ? 'heald' : 'other' }
  const spec = { nodeName: on, containers: [{ name: 'heald', image: 'heald' }] }
  api.call('POST', PODS, { metadata: { name, labels }, spec })
  const patched = api.call(
    'PATCH',
    `${PODS}/${name}/status`,
    { status: { phase } },
    { contentType: 'application/merge-patch+json' },
  )
  if (patched.code !== 200) throw new Error(JSON.stringify(patched))
}

async function closedPort(t: Test): Promise<number> {
  const { local, close } = await servePages(t, undefined)
  await close()
  return local.port
}

t.test("the leader's pod is found by its Lease and asked by port-forward", async (t) => {
  const { local } = await servePages(t, oneBrokenWorker())
  const { api, asked, heald } = await stage(t, local.port)
  lead(api, `node_with_dashes-1_${randomUUID()}`)
  addPod(api, 'a-neighbour', 'node_with_dashes-1')
  addPod(api, 'heald-old', 'node_with_dashes-1', 'Failed')
  addPod(api, 'heald-elsewhere', 'master-2')
  addPod(api, 'heald-leader', 'node_with_dashes-1')
  const { code, out, err } = await heald('status')
  t.same({ code, err }, { code: 0, err: '' })
  t.match(out, /leader +master-1_abc, epoch 7/)
  t.same(asked, [
    { path: `${PODS}/heald-leader/portforward?ports=${local.port}`, authorization: `Bearer ${SECRET_TOKEN}` },
  ])
  t.match((await heald('why', 'w0')).out, /^w0: REPAIR/)
})

t.test('an answer larger than any frame or buffer comes whole', async (t) => {
  const many = view({ nodes: [...masters(3), ...workers(3)], rest: { controlPlaneSeen: 3 } })
  const paused = Array.from({ length: 9_000 }, (_, index) => [
    `pool-${index}`,
    { reason: 'x'.repeat(40), until: undefined },
  ])
  const { local } = await servePages(t, { ...many, switches: { ...many.switches, pools: new Map(paused as never) } })
  const { api, heald } = await stage(t, local.port)
  lead(api, 'm0_1')
  addPod(api, 'heald-a', 'm0')
  const { out } = await heald('status', '-o', 'json')
  t.ok(out.length > 700_000)
  t.equal(Object.keys(JSON.parse(out).switches.pools).length, 9_000)
})

t.test('without a pod, a Lease or a holder the heald of this machine is asked, and that is said', async (t) => {
  const { local } = await servePages(t, view({ nodes: [node('here')] }))
  const { api, asked, heald } = await stage(t, local.port)
  const noLease = await heald('status')
  t.equal(noLease.code, 0)
  t.match(
    noLease.err,
    new RegExp(`no Lease kube-system/heald: .*so the heald at http://127.0.0.1:${local.port} is asked`),
  )
  lead(api, 'heald_8d0f')
  const noPod = await heald('why', 'here')
  t.match(noPod, {
    code: 0,
    out: /^here: healthy/,
    err: /heald_8d0f leads, but .* no running pod of heald on a node heald/,
  })
  api.call(
    'PATCH',
    `${LEASES}/heald`,
    { spec: { holderIdentity: null } },
    { contentType: 'application/merge-patch+json' },
  )
  t.match((await heald('status')).err, /nobody holds the Lease kube-system\/heald/)
  t.same(asked, [])
})

t.test('while nobody leads another pod is asked, and that is said', async (t) => {
  const { local } = await servePages(t, oneBrokenWorker(), '')
  const { api, heald } = await stage(t, local.port)
  addPod(api, 'heald-gone', 'm0', 'Failed')
  addPod(api, 'heald-b', 'm1')
  const { code, out, err } = await heald('status')
  t.equal(code, 0)
  t.match(out, /leader +nobody/)
  t.equal(
    err,
    'heald: there is no Lease kube-system/heald: no heald has led yet; so pod kube-system/heald-b is asked\n',
  )
})

t.test('no way at all is 75, names what was tried and what to do', async (t) => {
  const port = await closedPort(t)
  const { heald } = await stage(t, port)
  const { code, out, err } = await heald('status')
  t.same({ code, out }, { code: 75, out: '' })
  t.match(err, /no way to the leader: there is no Lease .* and on this machine: .*ECONNREFUSED.*; give --url http:/)
  const alone = await runCli(['status', '--port', String(port)])
  t.equal(alone.code, 75)
  t.match(alone.err, /no way to an API server: .*; and on this machine: .*ECONNREFUSED/)
})

t.test('an API server that is away leaves the heald of this machine', async (t) => {
  const { local } = await servePages(t, view({ nodes: [node('here')] }))
  const kubeconfig = writeKubeconfig(t.testdir(), `http://127.0.0.1:${await closedPort(t)}`)
  const ran = await runCli(['why', 'here', '--kubeconfig', kubeconfig, '--port', String(local.port)])
  t.match(ran, { code: 0, out: /^here: healthy/, err: /ECONNREFUSED.*; so the heald at/ })
})

t.test('a pod that does not listen there is 75 with what the kubelet said', async (t) => {
  const { api, heald } = await stage(t, await closedPort(t))
  lead(api, 'm0_1')
  addPod(api, 'heald-a', 'm0')
  const started = performance.now()
  const { code, err } = await heald('status')
  t.equal(code, 75)
  t.match(err, /pod kube-system\/heald-a: error forwarding port .*ECONNREFUSED.*; is --port \d+ its http.port\?/)
  t.ok(performance.now() - started < 5_000, 'it does not wait for an answer that can not come')
})

t.test('a missing right is wrong use, and named', async (t) => {
  const { local } = await servePages(t, oneBrokenWorker())
  const { api, heald } = await stage(t, local.port, 403)
  lead(api, 'm0_1')
  addPod(api, 'heald-a', 'm0')
  const forward = await heald('status')
  t.equal(forward.code, 2)
  t.match(forward.err, /a right is missing.*"get" and "create" of pods\/portforward in the namespace kube-system/)
  api.setFaults(() => ({ kind: 'answer', status: 401, reason: 'Unauthorized' }))
  const who = await heald('status')
  t.equal(who.code, 2)
  t.match(who.err, /does not know who you are \(401\): renew the credentials/)
})

t.test('a node that the API server can not reach is 75, and the way round it is named', async (t) => {
  const { api, heald } = await stage(t, await closedPort(t), 500)
  lead(api, 'm0_1')
  addPod(api, 'heald-a', 'm0')
  const { code, err } = await heald('status')
  t.equal(code, 75)
  t.match(err, /heald-a:\d+: .*500: the API server can't reach the kubelet .*; try again, or give --url http:/)
})

t.test('an API server in trouble is 75', async (t) => {
  const { api, heald } = await stage(t, await closedPort(t))
  api.setFaults(() => ({ kind: 'answer', status: 503, reason: 'ServiceUnavailable' }))
  t.match(await heald('status'), { code: 75, out: '', err: /503 ServiceUnavailable/ })
})
