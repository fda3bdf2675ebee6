import { randomUUID } from 'node:crypto'
import type { Test } from 'tap'
import {
  APPLY,
  type Client,
  createClient,
  type Endpoint,
  JSON_PATCH,
  MAPS,
  MERGE,
  STRATEGIC,
  unique,
} from './kube-api-client.ts'
import { nodeRepairRules } from './kube-api-repairs.ts'
import { watchContract } from './kube-api-watch.ts'

const LEASES = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases'
const PODS = '/api/v1/namespaces/default/pods'
const BUDGETS = '/apis/policy/v1/namespaces/default/poddisruptionbudgets'

/** What heald relies on in a Kubernetes API server: the real one and the embedded one answer alike. */
export function kubeApiContract(t: Test, connect: () => Promise<Endpoint>): void {
  let client: Client
  let endpoint: Endpoint
  t.before(async () => {
    endpoint = await connect()
    client = createClient(endpoint)
  })
  t.teardown(() => client.close())
  const api = (): Client => client

  t.test('objects', async (t) => objects(t, api()))
  t.test('patches', async (t) => patches(t, api()))
  t.test('deletion', async (t) => deletion(t, api()))
  t.test('lists', async (t) => lists(t, api()))
  t.test('leases, events and evictions', async (t) => others(t, api()))
  t.test('watches', async (t) => watchContract(t, api(), () => endpoint.compact()))
  t.test('NodeRepair', async (t) => nodeRepairRules(t, api()))
}

function objects(t: Test, api: Client): void {
  t.test('a created object gets a uid, a version and a time', async (t) => {
    const name = unique('create')
    const reply = await api.send('POST', MAPS, { metadata: { name }, data: { a: '1' } })
    t.equal(reply.status, 201)
    t.match(reply.body, {
      kind: 'ConfigMap',
      apiVersion: 'v1',
      metadata: { name, namespace: 'default' },
      data: { a: '1' },
    })
    t.match(reply.body.metadata, { uid: /^[0-9a-f-]{36}$/, resourceVersion: /^\d+$/, creationTimestamp: /^\d{4}-.*Z$/ })
    t.ok(Math.abs(Date.parse(String(reply.headers.date)) - Date.now()) < 60_000, 'every answer tells the time')
  })

  t.test('a name is taken once', async (t) => {
    const name = unique('twice')
    await api.must('POST', MAPS, { metadata: { name } })
    const reply = await api.send('POST', MAPS, { metadata: { name } })
    t.match(reply, { status: 409, body: { kind: 'Status', reason: 'AlreadyExists', code: 409 } })
  })

  t.test('what is not there is NotFound, by name and kind', async (t) => {
    const reply = await api.send('GET', `${LEASES}/nobody`)
    t.match(reply, { status: 404, body: { kind: 'Status', status: 'Failure', reason: 'NotFound', code: 404 } })
    t.match(reply.body, {
      message: 'leases.coordination.k8s.io "nobody" not found',
      details: { name: 'nobody', kind: 'leases', group: 'coordination.k8s.io' },
    })
    t.match(await api.send('GET', '/apis/nothing.dev/v1/things'), { status: 404 })
    t.match(await api.send('POST', '/api/v1/namespaces/nowhere/configmaps', { metadata: { name: 'x' } }), {
      status: 404,
    })
  })

  t.test('a PUT at an old version conflicts and changes nothing', async (t) => {
    const name = unique('put')
    const first = await api.must('POST', MAPS, { metadata: { name }, data: { a: '1' } })
    const second = await api.must('PUT', `${MAPS}/${name}`, { ...first, data: { a: '2' } })
    t.ok(Number(second.metadata.resourceVersion) > Number(first.metadata.resourceVersion), 'versions grow')
    const stale = await api.send('PUT', `${MAPS}/${name}`, { ...first, data: { a: '3' } })
    t.match(stale, { status: 409, body: { reason: 'Conflict', details: { name } } })
    t.strictSame((await api.must('GET', `${MAPS}/${name}`)).data, { a: '2' })
  })

  t.test('a PUT that names another uid conflicts', async (t) => {
    const name = unique('uid')
    await api.must('POST', MAPS, { metadata: { name } })
    const other = { metadata: { name, uid: randomUUID() }, data: { a: '1' } }
    t.match(await api.send('PUT', `${MAPS}/${name}`, other), { status: 409, body: { reason: 'Conflict' } })
  })

  t.test('a write that changes nothing makes no new version', async (t) => {
    const name = unique('noop')
    const first = await api.must('POST', MAPS, { metadata: { name }, data: { a: '1' } })
    const again = await api.must('PUT', `${MAPS}/${name}`, first)
    t.equal(again.metadata.resourceVersion, first.metadata.resourceVersion)
  })

  t.test('the name in the body must be the name in the path', async (t) => {
    const name = unique('name')
    await api.must('POST', MAPS, { metadata: { name } })
    const reply = await api.send('PUT', `${MAPS}/${name}`, { metadata: { name: 'other' } })
    t.match(reply, { status: 400, body: { reason: 'BadRequest' } })
  })

  t.test('a broken body, a bad name and a wrong method are told apart', async (t) => {
    t.match(await api.send('POST', MAPS, '{"metadata":'), { status: 400, body: { reason: 'BadRequest' } })
    t.match(await api.send('POST', MAPS, { metadata: { name: 'Not_A_Name' } }), {
      status: 422,
      body: { reason: 'Invalid' },
    })
    t.match(await api.send('PUT', MAPS, { metadata: { name: 'x' } }), {
      status: 405,
      body: { reason: 'MethodNotAllowed' },
    })
  })

  t.test('dryRun answers as the write would, and stores nothing', async (t) => {
    const name = unique('dry')
    t.match(await api.send('POST', `${MAPS}?dryRun=All`, { metadata: { name } }), { status: 201 })
    t.match(await api.send('GET', `${MAPS}/${name}`), { status: 404 })
    const made = await api.must('POST', MAPS, { metadata: { name }, data: { a: '1' } })
    const tried = await api.must('PATCH', `${MAPS}/${name}?dryRun=All`, { data: { a: '2' } }, MERGE)
    t.strictSame(tried.data, { a: '2' })
    t.match(await api.send('DELETE', `${MAPS}/${name}?dryRun=All`), { status: 200 })
    const after = await api.must('GET', `${MAPS}/${name}`)
    t.strictSame([after.data, after.metadata.resourceVersion], [{ a: '1' }, made.metadata.resourceVersion])
  })

  t.test('health and version answer without an object', async (t) => {
    for (const path of ['/readyz', '/livez']) t.match(await api.send('GET', path), { status: 200, body: 'ok' })
    t.match(await api.send('GET', '/version'), { status: 200, body: { major: '1', gitVersion: /^v1\./ } })
  })
}

function patches(t: Test, api: Client): void {
  t.test('a merge patch sets, replaces and, by null, removes', async (t) => {
    const path = `${MAPS}/${(await api.must('POST', MAPS, { metadata: { name: unique('merge') }, data: { a: '1', b: '1' } })).metadata.name}`
    const after = await api.must(
      'PATCH',
      path,
      { data: { a: null, c: '3' }, metadata: { annotations: { x: 'y' } } },
      MERGE,
    )
    t.strictSame(after.data, { b: '1', c: '3' })
    t.strictSame(after.metadata.annotations, { x: 'y' })
  })

  t.test('a merge patch that names an old version conflicts', async (t) => {
    const made = await api.must('POST', MAPS, { metadata: { name: unique('lock') } })
    const path = `${MAPS}/${made.metadata.name}`
    const { resourceVersion } = made.metadata
    t.match(await api.send('PATCH', path, { metadata: { resourceVersion }, data: { a: '1' } }, MERGE), { status: 200 })
    const stale = await api.send('PATCH', path, { metadata: { resourceVersion }, data: { a: '2' } }, MERGE)
    t.match(stale, { status: 409, body: { reason: 'Conflict' } })
  })

  t.test('a strategic patch joins conditions by type and replaces taints', async (t) => {
    const name = unique('node')
    t.teardown(() => api.send('DELETE', `/api/v1/nodes/${name}`))
    await api.must('POST', '/api/v1/nodes', { metadata: { name } })
    const condition = (type: string, status: string) => ({ type, status, reason: 'Test' })
    const status = {
      conditions: [condition('Ready', 'True'), condition('DiskPressure', 'False')],
      nodeInfo: { bootID: 'b1' },
    }
    await api.must('PATCH', `/api/v1/nodes/${name}/status`, { status }, STRATEGIC)
    const change = { status: { conditions: [condition('Ready', 'False')] } }
    const after = await api.must('PATCH', `/api/v1/nodes/${name}/status`, change, STRATEGIC)
    const seen = after.status.conditions.map((each: { type: string; status: string }) => `${each.type}=${each.status}`)
    t.strictSame(seen.sort(), ['DiskPressure=False', 'Ready=False'])
    t.equal(after.status.nodeInfo.bootID, 'b1')
    const taint = (key: string) => ({ key, effect: 'NoSchedule' })
    await api.must('PATCH', `/api/v1/nodes/${name}`, { spec: { taints: [taint('a')] } }, STRATEGIC)
    const tainted = await api.must('PATCH', `/api/v1/nodes/${name}`, { spec: { taints: [taint('b')] } }, STRATEGIC)
    t.strictSame(tainted.spec.taints, [taint('b')])
  })

  t.test('a JSON patch is all or nothing', async (t) => {
    const path = `${MAPS}/${(await api.must('POST', MAPS, { metadata: { name: unique('json') }, data: { a: '1' } })).metadata.name}`
    const good = [
      { op: 'test', path: '/data/a', value: '1' },
      { op: 'replace', path: '/data/a', value: '2' },
      { op: 'add', path: '/data/b', value: '3' },
    ]
    t.strictSame((await api.must('PATCH', path, good, JSON_PATCH)).data, { a: '2', b: '3' })
    t.strictSame((await api.must('PATCH', path, [{ op: 'remove', path: '/data/b' }], JSON_PATCH)).data, { a: '2' })
    const bad = [
      { op: 'replace', path: '/data/a', value: '9' },
      { op: 'test', path: '/data/a', value: 'nope' },
    ]
    t.match(await api.send('PATCH', path, bad, JSON_PATCH), { status: 422, body: { reason: 'Invalid' } })
    t.strictSame((await api.must('GET', path)).data, { a: '2' })
    t.match(await api.send('PATCH', path, [{ op: 'remove', path: '/data/no' }], JSON_PATCH), { status: 422 })
  })

  t.test('an apply patch needs a field manager, and creates what is missing', async (t) => {
    const name = unique('apply')
    const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { a: '1' } }
    t.ok((await api.send('PATCH', `${MAPS}/${name}`, body, APPLY)).status >= 400, 'nobody owns the fields')
    t.match(await api.send('PATCH', `${MAPS}/${name}?fieldManager=test`, body, APPLY), { status: 201 })
    const second = { ...body, data: { a: '2' } }
    const after = await api.send('PATCH', `${MAPS}/${name}?fieldManager=test`, second, APPLY)
    t.match(after, { status: 200, body: { data: { a: '2' } } })
  })

  t.test('a patch of a kind that the server does not know is refused', async (t) => {
    const path = `${MAPS}/${(await api.must('POST', MAPS, { metadata: { name: unique('kind') } })).metadata.name}`
    t.match(await api.send('PATCH', path, {}, 'application/json'), {
      status: 415,
      body: { reason: 'UnsupportedMediaType' },
    })
  })
}

function deletion(t: Test, api: Client): void {
  t.test('a deletion with another uid as precondition is refused', async (t) => {
    const made = await api.must('POST', MAPS, { metadata: { name: unique('del') } })
    const path = `${MAPS}/${made.metadata.name}`
    const wrong = { preconditions: { uid: randomUUID() } }
    t.match(await api.send('DELETE', path, wrong), { status: 409, body: { reason: 'Conflict' } })
    const right = { preconditions: { uid: made.metadata.uid } }
    t.match(await api.send('DELETE', path, right), { status: 200, body: { kind: 'Status', status: 'Success' } })
    t.match(await api.send('DELETE', path), { status: 404 })
  })

  t.test('an object with a finalizer stays, marked, until the last one is taken', async (t) => {
    const made = await api.must('POST', MAPS, { metadata: { name: unique('fin'), finalizers: ['heald.dev/test'] } })
    const path = `${MAPS}/${made.metadata.name}`
    t.match(await api.send('DELETE', path), { status: 200 })
    const marked = await api.must('GET', path)
    t.type(marked.metadata.deletionTimestamp, 'string')
    const more = { metadata: { finalizers: ['heald.dev/test', 'heald.dev/late'] } }
    t.match(await api.send('PATCH', path, more, MERGE), { status: 422, body: { reason: 'Invalid' } })
    await api.must('PATCH', path, { data: { a: '1' } }, MERGE)
    t.match(await api.send('PATCH', path, { metadata: { finalizers: [] } }, MERGE), { status: 200 })
    t.match(await api.send('GET', path), { status: 404 })
  })
}

function lists(t: Test, api: Client): void {
  t.test('pages together are the list at one version', async (t) => {
    const app = unique('pages')
    for (const n of [3, 1, 2, 5, 4])
      await api.must('POST', MAPS, { metadata: { name: `${app}-${n}`, labels: { app } } })
    const first = await api.must('GET', `${MAPS}?labelSelector=app%3D${app}&limit=2`)
    t.equal(first.kind, 'ConfigMapList')
    await api.must('POST', MAPS, { metadata: { name: `${app}-6`, labels: { app } } })
    const names: string[] = []
    let page = first
    for (;;) {
      names.push(...page.items.map((item: { metadata: { name: string } }) => item.metadata.name))
      if (!page.metadata.continue) break
      const next = encodeURIComponent(page.metadata.continue)
      page = await api.must('GET', `${MAPS}?labelSelector=app%3D${app}&limit=2&continue=${next}`)
      t.equal(page.metadata.resourceVersion, first.metadata.resourceVersion)
    }
    t.strictSame(
      names,
      [1, 2, 3, 4, 5].map((n) => `${app}-${n}`),
    )
  })

  t.test('selectors choose by label and by field', async (t) => {
    const app = unique('select')
    for (const tier of ['a', 'b', 'c'])
      await api.must('POST', MAPS, { metadata: { name: `${app}-${tier}`, labels: { app, tier } } })
    const count = async (query: string): Promise<number> => (await api.must('GET', `${MAPS}?${query}`)).items.length
    t.equal(await count(`labelSelector=${encodeURIComponent(`app=${app},tier!=a`)}`), 2)
    t.equal(await count(`labelSelector=${encodeURIComponent(`app=${app},tier in (a,b)`)}`), 2)
    t.equal(await count(`labelSelector=${encodeURIComponent(`app=${app},!tier`)}`), 0)
    t.equal(await count(`fieldSelector=metadata.name%3D${app}-a`), 1)
    t.equal(await count(`fieldSelector=metadata.name%3D${app}-a&resourceVersion=0`), 1)
    t.match(await api.send('GET', `${MAPS}?fieldSelector=data.a%3D1`), { status: 400, body: { reason: 'BadRequest' } })
  })

  t.test('a continue token that makes no sense is refused', async (t) => {
    t.match(await api.send('GET', `${MAPS}?limit=1&continue=garbage`), { status: 400, body: { reason: 'BadRequest' } })
  })
}

function others(t: Test, api: Client): void {
  t.test('a Lease is renewed only at the version that was read last', async (t) => {
    const name = unique('lease')
    const spec = {
      holderIdentity: 'a',
      leaseDurationSeconds: 15,
      renewTime: '2026-01-01T00:00:00.000000Z',
      leaseTransitions: 1,
    }
    const made = await api.must('POST', LEASES, { metadata: { name }, spec })
    const next = { ...made, spec: { ...spec, renewTime: '2026-01-01T00:00:02.000000Z' } }
    const renewed = await api.must('PUT', `${LEASES}/${name}`, next)
    t.equal(renewed.spec.renewTime, '2026-01-01T00:00:02.000000Z')
    t.match(await api.send('PUT', `${LEASES}/${name}`, next), { status: 409, body: { reason: 'Conflict' } })
    const unversioned = { metadata: { name }, spec }
    t.match(await api.send('PUT', `${LEASES}/${name}`, unversioned), { status: 422, body: { reason: 'Invalid' } })
    await api.must('DELETE', `${LEASES}/${name}`)
    t.match(await api.send('PUT', `${LEASES}/${name}`, renewed), { status: 409 }, 'a deleted one is not renewed')
    const { uid: _, ...meta } = renewed.metadata
    const reborn = await api.send('PUT', `${LEASES}/${name}`, { ...renewed, metadata: meta })
    t.equal(reborn.status, 201, 'without its uid the version does not count, and a new one is made')
  })

  t.test('an event written in one version is read in the other', async (t) => {
    const name = unique('event')
    const body = {
      metadata: { name },
      eventTime: '2026-01-01T00:00:00.000000Z',
      ...{ reason: 'Tested', type: 'Normal', note: 'text', action: 'Test' },
      ...{ reportingController: 'heald.dev/test', reportingInstance: 'test' },
      regarding: { apiVersion: 'v1', kind: 'ConfigMap', name: 'x', namespace: 'default' },
    }
    await api.must('POST', '/apis/events.k8s.io/v1/namespaces/default/events', body)
    const core = await api.must('GET', `/api/v1/namespaces/default/events/${name}`)
    t.match(core, { apiVersion: 'v1', kind: 'Event', message: 'text', involvedObject: { kind: 'ConfigMap' } })
  })

  t.test('an eviction asks the disruption budgets first', async (t) => {
    const app = unique('evict')
    const container = { name: 'c', image: 'i' }
    const ready = { status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] } }
    const evict = (name: string) => {
      const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace: 'default' } }
      return api.send('POST', `${PODS}/${name}/eviction`, eviction)
    }
    for (const n of [1, 2]) {
      const spec = { nodeName: 'nowhere', containers: [container] }
      await api.must('POST', PODS, { metadata: { name: `${app}-${n}`, labels: { app } }, spec })
      await api.must('PATCH', `${PODS}/${app}-${n}/status`, ready, STRATEGIC)
      t.teardown(() => api.send('DELETE', `${PODS}/${app}-${n}?gracePeriodSeconds=0`))
    }
    t.equal(
      (await api.must('GET', `/api/v1/pods?fieldSelector=spec.nodeName%3Dnowhere&labelSelector=app%3D${app}`)).items
        .length,
      2,
    )
    const budget = await api.must('POST', BUDGETS, {
      metadata: { name: app },
      spec: { minAvailable: 2, selector: { matchLabels: { app } } },
    })
    const refused = await evict(`${app}-1`)
    t.match(refused, {
      status: 429,
      body: { reason: 'TooManyRequests', details: { causes: [{ reason: 'DisruptionBudget' }] } },
    })
    await api.must('DELETE', `${BUDGETS}/${app}`, { preconditions: { uid: budget.metadata.uid } })
    t.match(await evict(`${app}-1`), { status: 201, body: { status: 'Success' } })
    const going = await api.must('GET', `${PODS}/${app}-1`)
    t.type(going.metadata.deletionTimestamp, 'string', 'a pod on a node is given its time to end')
    t.match(await evict('nobody'), { status: 404 })
  })
}
