import t, { type Test } from 'tap'
import { PAUSED_ANNOTATION, PAUSED_UNTIL_ANNOTATION, readPause } from '../../../src/core/annotations/pause.ts'
import { createLedger, REPAIRS_PATH } from '../../../src/kube/store/repairs.ts'
import { type EmbeddedApi, startEmbeddedApi } from '../../../src/simulator/api/server.ts'
import { SECRET_TOKEN, writeKubeconfig } from '../../support/cli/kubeconfig.ts'
import { type Ran, runCli } from '../../support/cli/terminal.ts'
import { httpTo } from '../../support/kube/api.ts'
import { spec, status } from '../../support/kube/repairs.ts'

const MAP = '/api/v1/namespaces/kube-system/configmaps/heald-config'
const NODE = '/api/v1/nodes/worker-1'
const MERGE = { contentType: 'application/merge-patch+json' }
const HOUR = 3_600_000
const { signal } = new AbortController()

interface Stage {
  readonly api: EmbeddedApi
  heald(...args: readonly string[]): Promise<Ran>
  annotations(path: string): Readonly<Record<string, string>>
  /** Requests that changed something. */
  writes(): number
}

async function stage(t: Test): Promise<Stage> {
  const api = await startEmbeddedApi()
  t.teardown(() => api.stop())
  api.call('POST', '/api/v1/nodes', { metadata: { name: 'worker-1', annotations: { 'someone/else': 'stays' } } })
  api.call('POST', '/api/v1/namespaces/kube-system/configmaps', {
    metadata: { name: 'heald-config' },
    data: { 'config.yaml': 'cloudProvider: docker' },
  })
  let writes = 0
  api.setFaults((request) => {
    if (request.method !== 'GET') writes += 1
    return undefined
  })
  const kubeconfig = writeKubeconfig(t.testdir(), api.url)
  return {
    api,
    heald: async (...args) => {
      const ran = await runCli([...args, '--kubeconfig', kubeconfig])
      t.notOk((ran.out + ran.err).includes(SECRET_TOKEN), 'no output holds the token')
      return ran
    },
    annotations: (path) => metadataOf(api.call('GET', path).body).annotations ?? {},
    writes: () => writes,
  }
}

function metadataOf(body: object | undefined): { readonly annotations?: Readonly<Record<string, string>> } {
  return (body as { metadata: { annotations?: Record<string, string> } }).metadata
}

t.test('pause writes text and end at once, as the daemon reads them, and nothing else', async (t) => {
  const { heald, annotations, api } = await stage(t)
  const { code, out } = await heald('pause', '--for', '2h', '--reason', 'network  maintenance\nINC-7')
  t.equal(code, 0)
  t.match(out, /^the cluster is now paused for 2h, until 20.*Z: network maintenance INC-7 \(before: not paused\)\n$/)
  const written = annotations(MAP)
  t.equal(written[PAUSED_ANNOTATION], '2h: network maintenance INC-7')
  // HTTP dates have whole seconds, so two clocks that go by them may be one apart.
  const now = Date.now() + 1_000
  const { paused, record } = readPause(written, now)
  t.equal(record, written[PAUSED_UNTIL_ANNOTATION], 'the leader has nothing to add')
  t.equal(paused?.reason, 'network maintenance INC-7')
  t.ok(Math.abs((paused?.until ?? 0) - now - 2 * HOUR) < 10_000)
  t.match(api.call('GET', MAP).body, { data: { 'config.yaml': 'cloudProvider: docker' } })
})

t.test('without --for a pause has no end, also when it had one, and doing it again changes nothing', async (t) => {
  const { heald, annotations, writes } = await stage(t)
  await heald('pause', 'worker-1', '--for', '1h')
  const { out } = await heald('pause', 'worker-1', '--reason', 'disk')
  t.match(out, /^the node worker-1 is now paused until a person resumes it: disk \(before: paused for (1h|59m\d+s), /)
  t.strictSame({ ...annotations(NODE) }, { 'someone/else': 'stays', [PAUSED_ANNOTATION]: 'true: disk' })
  const before = writes()
  t.match(await heald('pause', 'worker-1', '--reason', 'disk'), {
    code: 0,
    out: /^the node worker-1 was already paused until a person resumes it: disk; nothing changed/,
  })
  t.equal(writes(), before)
})

t.test('a pause repeated with --for counts from now', async (t) => {
  const { heald, annotations, api } = await stage(t)
  const passed = new Date(Date.now() - 30 * 60_000).toISOString()
  await heald('pause', '--for', '1h')
  const hash = annotations(MAP)[PAUSED_UNTIL_ANNOTATION]?.split(' ')[1]
  api.call('PATCH', MAP, { metadata: { annotations: { [PAUSED_UNTIL_ANNOTATION]: `${passed} ${hash}` } } }, MERGE)
  t.match((await heald('pause', '--for', '1h')).out, /is now paused for 1h, .*\(before: not paused\)/)
  const { paused } = readPause(annotations(MAP), Date.now())
  t.ok((paused?.until ?? 0) > Date.now() + 0.9 * HOUR)
})

t.test('a pool is paused on the ConfigMap under its own name', async (t) => {
  const { heald, annotations, api } = await stage(t)
  api.call('PATCH', NODE, { metadata: { labels: { 'heald.dev/pool': 'gpu' } } }, MERGE)
  await heald('pause', '--pool', 'gpu', '--for', '1d', '--reason', 'drivers')
  const keys = Object.keys(annotations(MAP))
  t.same(keys, [`${PAUSED_ANNOTATION}.gpu`, `${PAUSED_UNTIL_ANNOTATION}.gpu`])
  const resumed = await heald('resume')
  t.match(resumed, { code: 0, out: 'the cluster was not paused; nothing changed\nthe pool gpu is still paused\n' })
  await heald('pause', '--reason', 'all')
  t.match(await heald('resume', '--pool', 'gpu'), {
    out: /^the pool gpu is resumed \(before: paused for .*: drivers\)\nthe cluster is still paused\n$/,
  })
  t.same(Object.keys(annotations(MAP)), [PAUSED_ANNOTATION])
})

t.test('a pool that no node is in is paused only by force', async (t) => {
  const { heald, api, annotations } = await stage(t)
  const name = { 'heald.dev/pool': 'gpu', 'example.com/group': 'big' }
  api.call('PATCH', NODE, { metadata: { labels: name } }, MERGE)
  t.same((await heald('pause', '--pool', 'gpu')).err, '')
  t.same((await heald('pause', '--pool', 'worker')).err, '', 'a role is the pool of nodes without a label')
  const typo = await heald('pause', '--pool', 'gppu')
  t.equal(typo.code, 2)
  t.match(typo.err, /: no node is in a pool gppu now: none carries this value in heald\.dev\/pool, .*; --force pauses/)
  t.same(Object.keys(annotations(MAP)).sort(), [`${PAUSED_ANNOTATION}.gpu`, `${PAUSED_ANNOTATION}.worker`])
  t.match(await heald('pause', '--pool', 'gppu', '--force'), { code: 0, err: /note: no node is in a pool gppu/ })
  t.match(await heald('pause', '--pool', 'big'), { code: 2, err: /no node is in a pool big/ })
  const config = 'cloudProvider: docker\npoolLabels: [example.com/group]\n'
  api.call('PATCH', MAP, { data: { 'config.yaml': config } }, MERGE)
  t.same((await heald('pause', '--pool', 'big', '--for', '1h')).err, '', "the configuration's own labels count")
  api.call('PATCH', MAP, { data: { 'config.yaml': 'broken: [' } }, MERGE)
  t.match((await heald('pause', '--pool', 'big')).err, /no node is in a pool big/)
  api.setFaults(({ path }) =>
    path === '/api/v1/nodes' ? { kind: 'answer', status: 403, reason: 'Forbidden' } : undefined,
  )
  t.match(await heald('pause', '--pool', 'gpu'), {
    code: 0,
    err: /could not be seen: that needs the right to list nodes/,
  })
})

t.test('resume takes away what a person wrote by hand too, malformed or not, and is repeatable', async (t) => {
  const { heald, annotations, api, writes } = await stage(t)
  api.call('PATCH', NODE, { metadata: { annotations: { [PAUSED_ANNOTATION]: 'maybe' } } }, MERGE)
  t.match(await heald('resume', 'worker-1'), { code: 0, out: /^the node worker-1 is resumed \(before: paused until/ })
  t.same(annotations(NODE), { 'someone/else': 'stays' })
  const before = writes()
  t.match(await heald('resume', 'worker-1'), { code: 0, out: 'the node worker-1 was not paused; nothing changed\n' })
  t.equal(writes(), before)
})

t.test('resume of the cluster names the nodes that stay paused, where it can see them', async (t) => {
  const { heald, api } = await stage(t)
  await heald('pause', 'worker-1', '--reason', 'disk')
  await heald('pause')
  t.match(await heald('resume'), {
    code: 0,
    err: '',
    out: /^the cluster is resumed .*\nthe node worker-1 is still paused\n$/,
  })
  api.setFaults(({ path }) =>
    path === '/api/v1/nodes' ? { kind: 'answer', status: 403, reason: 'Forbidden' } : undefined,
  )
  t.match(await heald('resume'), {
    code: 0,
    err: /^heald resume: note: whether nodes are still paused could not be seen: /,
  })
})

t.test('no duration is longer than a year', async (t) => {
  const { heald, annotations } = await stage(t)
  t.match(await heald('pause', '--for', '9999999d'), { code: 2, err: /expected a duration of at most a year/ })
  t.same(annotations(MAP), {})
  t.equal((await heald('pause', '--for', '366d')).code, 0)
})

t.test('resume of a node gives its Parked repair back to heald, and leaves a repair under way alone', async (t) => {
  const { heald, annotations, api } = await stage(t)
  const ledger = createLedger({ http: await httpTo({ apiHost: api.url }) })
  const parked = { phase: 'Parked', finishedAt: undefined } as const
  const first = await ledger.create('worker-1-a-1', spec(), signal)
  await ledger.writeStatus(first, status(parked), signal)
  const other = await ledger.create('worker-2-b-1', spec({ nodeName: 'worker-2' }), signal)
  await ledger.writeStatus(other, status(parked), signal)
  const { out } = await heald('resume', 'worker-1')
  t.match(out, /nothing changed\nrepair worker-1-a-1 waited for a person and is given back to heald/)
  t.same(annotations(`${REPAIRS_PATH}/worker-1-a-1`), { 'heald.dev/resume': 'true' })
  t.same(annotations(`${REPAIRS_PATH}/worker-2-b-1`), {})
  t.match((await heald('resume', 'worker-1')).out, /was given back to heald before; the leader has not ended it yet/)

  const gone = await heald('resume', 'worker-2')
  t.equal(gone.code, 0, 'its Node is gone, and its repair waits all the same')
  t.match(gone.out, /repair worker-2-b-1 waited for a person/)

  const acting = await ledger.create('worker-3-c-1', spec({ nodeName: 'worker-3' }), signal)
  await ledger.writeStatus(acting, status({ phase: 'Acting', finishedAt: undefined }), signal)
  t.match((await heald('resume', 'worker-3')).out, /repair worker-3-c-1 is Acting: it is under way by itself/)
  t.same(annotations(`${REPAIRS_PATH}/worker-3-c-1`), {})
})

t.test('what is not there is wrong use, and the remedy is named', async (t) => {
  const { heald, api, writes } = await stage(t)
  const node = await heald('pause', 'worker-77')
  t.match(node, { code: 2, out: '', err: /heald pause: there is no Node worker-77: `kubectl get nodes`/ })
  t.match(await heald('resume', 'worker-77'), { code: 2, err: /heald resume: there is no Node worker-77/ })
  const map = await heald('pause', '--config-map', 'ops/healer')
  t.equal(map.code, 2)
  t.match(map.err, /there is no ConfigMap ops\/healer, .*`kubectl --namespace ops create configmap healer`/)
  t.equal(writes(), 0, 'nothing is created by the way')
  api.setFaults(undefined)
})

t.test('as JSON: what, whether it changed, how it is and how it was', async (t) => {
  const { heald } = await stage(t)
  const paused = JSON.parse((await heald('pause', 'worker-1', '--reason', 'disk', '-o', 'json')).out)
  t.same(paused, {
    target: { kind: 'node', name: 'worker-1' },
    changed: true,
    paused: { reason: 'disk', until: null },
    before: null,
  })
  const resumed = JSON.parse((await heald('resume', 'worker-1', '-o', 'json')).out)
  t.same(resumed, {
    target: { kind: 'node', name: 'worker-1' },
    changed: true,
    before: { reason: 'disk', until: null },
    repairs: [],
    stillPaused: [],
  })
})

t.test('a missing right names verb and resource; a server that does not answer is 75', async (t) => {
  const { heald, api } = await stage(t)
  api.setFaults(() => ({ kind: 'drop' }))
  t.match(await heald('pause'), { code: 75, out: '', err: /the API server does not answer, try again: / })
  api.setFaults(({ method }) => (method === 'PATCH' ? { kind: 'answer', status: 403, reason: 'Forbidden' } : undefined))
  t.match(await heald('pause'), { code: 2, out: '', err: /a right is missing/ })
})
