import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { NodeFacts } from '../../src/core/model/node.ts'
import type { Watched } from '../../src/core/ports/watched.ts'
import type { Credentials } from '../../src/kube/client/credentials.ts'
import type { KubeHttp, KubeRequest } from '../../src/kube/client/http.ts'
import { loadCredentials } from '../../src/kube/client/load-credentials.ts'
import { createTransport } from '../../src/kube/client/transport.ts'
import { watchConfigMap } from '../../src/kube/config-map.ts'
import { parseNode } from '../../src/kube/node/nodes.ts'
import { createHeartbeats } from '../../src/kube/watch/heartbeats.ts'
import { createWatched, type WatchOptions } from '../../src/kube/watch/list-watch.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { type ControlPlane, startControlPlane } from '../lab/control-plane.ts'
import { createSilentProxy } from '../support/kube/silent-proxy.ts'
import { createMemoryLog, type MemoryLog } from '../support/memory-log.ts'

type Tap = Pick<Test, 'teardown' | 'testdir'>

const api = await startControlPlane()
t.teardown(() => api.stop())

interface Account {
  readonly credentials: Credentials
  setToken(token: string): void
  readonly token: string
}

/** As a pod: a ServiceAccount's files, and rights to what heald reads. */
async function asPod(t: Tap, api: ControlPlane, url = api.url): Promise<Account> {
  const token = await api.serviceAccountToken('heald', 'heald')
  const read = ['get', 'list', 'watch']
  await api.request('POST', '/apis/rbac.authorization.k8s.io/v1/clusterroles', {
    metadata: { name: 'heald-read' },
    rules: [
      { apiGroups: [''], resources: ['nodes'], verbs: read },
      { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['list'] },
      { apiGroups: [''], resources: ['configmaps'], resourceNames: ['heald'], verbs: read },
    ],
  })
  await api.request('POST', '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
    metadata: { name: 'heald-read' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'heald-read' },
    subjects: [{ kind: 'ServiceAccount', namespace: 'heald', name: 'heald' }],
  })
  const dir = t.testdir({ token, 'ca.crt': api.ca })
  const { port } = new URL(url)
  const env = { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: port }
  const setToken = (text: string): void => writeFileSync(join(dir, 'token'), text)
  return { credentials: await loadCredentials({ readServiceAccountFrom: dir, env }), setToken, token }
}

interface Run {
  readonly watched: Watched<NodeFacts>
  readonly log: MemoryLog
  readonly asked: KubeRequest[]
}

function watchNodes(t: Tap, http: KubeHttp, options: Partial<WatchOptions<NodeFacts>> = {}): Run {
  const log = createMemoryLog()
  const asked: KubeRequest[] = []
  const recording: KubeHttp = {
    ...http,
    stream(request, signal) {
      asked.push(request)
      return http.stream(request, signal)
    },
  }
  const watched = createWatched<NodeFacts>({
    http: recording,
    path: '/api/v1/nodes',
    parse: parseNode([]),
    clock: systemClock,
    log,
    backoff: () => 50,
    ...options,
  })
  start(t, watched)
  return { watched, log, asked }
}

function start(t: Tap, runs: { run(signal: AbortSignal): Promise<void> }): void {
  const stop = new AbortController()
  const running = runs.run(stop.signal)
  t.teardown(async () => {
    stop.abort(new Error('test over'))
    await running
  })
}

async function until(condition: () => boolean, ms = 15_000): Promise<void> {
  const deadline = performance.now() + ms
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`never: ${condition}`)
    await systemClock.sleep(20, AbortSignal.timeout(1_000))
  }
}

const createNode = (name: string): Promise<unknown> => api.must('POST', '/api/v1/nodes', { metadata: { name } })
const labelNode = (name: string, value: string): Promise<unknown> =>
  api.must('PATCH', `/api/v1/nodes/${name}`, { metadata: { labels: { value } } }, 'application/merge-patch+json')
const deleteNode = (name: string): Promise<unknown> => api.must('DELETE', `/api/v1/nodes/${name}`)

t.test('nodes that exist are listed as a stream, and created, changed and deleted ones follow', async (t) => {
  await createNode('old')
  const { credentials } = await asPod(t, api)
  const http = createTransport(credentials, systemClock)
  const { watched, asked, log } = watchNodes(t, http)
  await until(() => watched.seenAt !== undefined)
  t.same([...watched.items.keys()], ['old'])
  await createNode('new')
  await until(() => watched.items.has('new'))
  await labelNode('new', 'one')
  await until(() => watched.items.get('new')?.labels.value === 'one')
  await deleteNode('old')
  await until(() => !watched.items.has('old'))
  t.equal(asked.length, 2, 'one list, one watch')
  t.equal(asked[0]?.query?.sendInitialEvents, true)
  t.same(log.lines, [])
  t.ok(Math.abs(http.contact.skewMs()) < 2_000)
  await deleteNode('new')
})

t.test('a watch that the server ends goes on without a gap or a word', async (t) => {
  const { credentials } = await asPod(t, api)
  const { watched, asked, log } = watchNodes(t, createTransport(credentials, systemClock), { watchSeconds: 1 })
  await until(() => asked.length >= 4)
  const before = watched.seenAt
  await createNode('later')
  await until(() => watched.items.has('later'))
  await until(() => watched.seenAt !== before)
  t.same(log.lines, [])
  t.equal(asked.filter(({ query }) => query?.sendInitialEvents).length, 1, 'never listed again')
  await deleteNode('later')
})

t.test('a connection that goes silent is noticed, is not seen meanwhile, and a new one takes over', async (t) => {
  const proxy = await createSilentProxy(api.url)
  t.teardown(proxy.close)
  const { credentials } = await asPod(t, api, proxy.url)
  const options = { watchSeconds: 60, inactivityMs: 800 }
  const { watched, log } = watchNodes(t, createTransport(credentials, systemClock), options)
  await until(() => watched.seenAt !== undefined)
  proxy.silence()
  await createNode('unseen')
  await until(() => log.lines.some(({ fields }) => /silent for 800 ms/.test(String(fields.error))))
  const before = watched.seenAt
  t.notOk(watched.items.has('unseen'))
  await systemClock.sleep(300, AbortSignal.timeout(1_000))
  t.equal(watched.seenAt, before)
  proxy.speak()
  await until(() => watched.items.has('unseen'))
  await deleteNode('unseen')
})

t.test('a token that is refused is read again, and a rotated one works without a restart', async (t) => {
  const account = await asPod(t, api)
  const { watched, log } = watchNodes(t, createTransport(account.credentials, systemClock), { watchSeconds: 1 })
  await until(() => watched.seenAt !== undefined)
  account.setToken('expired')
  await until(() => log.lines.length > 0)
  t.match(log.lines[0], { level: 'warn', fields: { status: 401 } })
  account.setToken(await api.serviceAccountToken('heald', 'heald'))
  await until(() => log.lines.some((line) => line.msg === 'watch is back'))
  t.notMatch(JSON.stringify(log.lines), account.token)
})

t.test('one ConfigMap is watched under a right to that name alone, from its creation to its deletion', async (t) => {
  const { credentials } = await asPod(t, api)
  const http = createTransport(credentials, systemClock)
  const log = createMemoryLog()
  const watched = watchConfigMap({ http, namespace: 'heald', name: 'heald', clock: systemClock, log })
  start(t, watched)
  const path = '/api/v1/namespaces/heald/configmaps'
  await until(() => watched.seenAt !== undefined)
  t.equal(watched.items.size, 0)
  await api.must('POST', path, { metadata: { name: 'other' }, data: { config: 'no' } })
  await api.must('POST', path, { metadata: { name: 'heald' }, data: { config: 'dryRun: true' } })
  await until(() => watched.items.has('heald'))
  const annotations = { 'heald.dev/paused': '2h' }
  await api.must('PATCH', `${path}/heald`, { metadata: { annotations } }, 'application/merge-patch+json')
  await until(() => watched.items.get('heald')?.annotations['heald.dev/paused'] !== undefined)
  t.match(watched.items.get('heald'), { data: { config: 'dryRun: true' }, annotations })
  t.same([...watched.items.keys()], ['heald'])
  await api.must('DELETE', `${path}/heald`)
  await until(() => !watched.items.has('heald'))
  t.same(log.lines, [])
})

t.test('heartbeats follow the leases of the nodes', async (t) => {
  const { credentials } = await asPod(t, api)
  const http = createTransport(credentials, systemClock)
  const heartbeats = createHeartbeats({ http, clock: systemClock, log: createMemoryLog(), intervalMs: 100 })
  start(t, heartbeats)
  const path = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases'
  await api.request('POST', '/api/v1/namespaces', { metadata: { name: 'kube-node-lease' } })
  const spec = (second: number): object => ({ renewTime: `2026-11-21T08:00:0${second}.000000Z`, holderIdentity: 'a' })
  await api.must('POST', path, { metadata: { name: 'a' }, spec: spec(1) })
  await api.must('POST', path, { metadata: { name: 'b' }, spec: spec(1) })
  await until(() => heartbeats.items.size === 2)
  const first = heartbeats.items.get('a')?.changedAt
  const still = { ...heartbeats.items.get('b') }
  await api.must('PATCH', `${path}/a`, { spec: spec(2) }, 'application/merge-patch+json')
  await until(() => heartbeats.items.get('a')?.renewTime === '2026-11-21T08:00:02.000000Z')
  t.ok((heartbeats.items.get('a')?.changedAt ?? 0) > (first ?? Number.POSITIVE_INFINITY))
  t.same(heartbeats.items.get('b'), still)
  await api.must('DELETE', `${path}/a`)
  await until(() => !heartbeats.items.has('a'))
})

t.test('an API server that goes away and comes back is survived, with what changed meanwhile', async (t) => {
  const { credentials } = await asPod(t, api)
  const { watched, log } = watchNodes(t, createTransport(credentials, systemClock))
  await createNode('before')
  await until(() => watched.items.has('before'))
  await api.stopApi()
  await until(() => log.lines.some((line) => line.level === 'warn'))
  t.ok(watched.items.has('before'), 'what was seen stays')
  const blind = watched.seenAt
  await api.startApi()
  await createNode('afterwards')
  await deleteNode('before')
  await until(() => watched.items.has('afterwards') && !watched.items.has('before'))
  t.ok((watched.seenAt ?? 0) > (blind ?? 0))
  await deleteNode('afterwards')
})

t.test('a resourceVersion that the server has forgotten is answered by a new list', async (t) => {
  // A fresh etcd's cache begins at version 1; one that starts later knows nothing of what was before.
  await api.restartApi()
  const { credentials } = await asPod(t, api)
  const http = createTransport(credentials, systemClock)
  let forgot = false
  const forgetful: KubeHttp = {
    ...http,
    stream(request, signal) {
      if (forgot || request.query?.resourceVersion === undefined) return http.stream(request, signal)
      forgot = true
      return http.stream({ ...request, query: { ...request.query, resourceVersion: '1' } }, signal)
    },
  }
  await createNode('kept')
  const { watched, log } = watchNodes(t, forgetful)
  await until(() => log.lines.length > 0)
  t.match(log.lines[0], { level: 'warn', fields: { status: 410 } })
  await createNode('after')
  await until(() => watched.items.has('after'))
  t.ok(watched.items.has('kept'))
  await deleteNode('kept')
  await deleteNode('after')
})

t.test(
  'another cluster at the same address is not believed, and one without streamed lists is read in pages',
  async (t) => {
    const other = await startControlPlane({ apiArgs: ['--feature-gates=WatchList=false'] })
    t.teardown(() => other.stop())
    const dir = t.testdir({ account: { token: 'secret', 'ca.crt': api.ca } })
    const env = { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: new URL(other.url).port }
    const wrong = await loadCredentials({ readServiceAccountFrom: join(dir, 'account'), env })
    const version = createTransport(wrong, systemClock).request(
      { method: 'GET', path: '/version' },
      AbortSignal.timeout(5_000),
    )
    await t.rejects(version, { message: new RegExp(`${other.url}: .*certificate`) })

    await Promise.all([1, 2, 3].map((n) => other.must('POST', '/api/v1/nodes', { metadata: { name: `n${n}` } })))
    const { credentials } = await asPod(t, other)
    const { watched, asked, log } = watchNodes(t, createTransport(credentials, systemClock))
    await until(() => watched.seenAt !== undefined)
    t.same([...watched.items.keys()], ['n1', 'n2', 'n3'])
    await other.must('DELETE', '/api/v1/nodes/n2')
    await until(() => !watched.items.has('n2'))
    t.ok(asked.some(({ query }) => query?.limit !== undefined))
    t.same(log.lines, [])
  },
)
