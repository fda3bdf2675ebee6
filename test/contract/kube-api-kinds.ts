import type { Test } from 'tap'
import { type Client, LEASES, STRATEGIC, unique } from './kube-api-client.ts'

const PODS = '/api/v1/namespaces/default/pods'
const BUDGETS = '/apis/policy/v1/namespaces/default/poddisruptionbudgets'

/** What is particular to a Lease, an Event and an Eviction. */
export function kindContract(t: Test, api: Client): void {
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

  t.test('a name is made of any beginning that a name may have', async (t) => {
    const make = (generateName: string) => api.send('POST', LEASES, { metadata: { generateName } })
    t.match((await make('made-')).body.metadata.name, /^made-[a-z0-9]{5}$/)
    t.match(await make('made.'), { status: 422, body: { reason: 'Invalid' } })
  })

  t.test('the numbers of a Lease have 32 bits', async (t) => {
    const name = unique('lease')
    const most = { leaseDurationSeconds: 15, leaseTransitions: 2_147_483_647 }
    const made = await api.must('POST', LEASES, { metadata: { name }, spec: most })
    for (const wrong of [{ leaseTransitions: 2_147_483_648 }, { leaseDurationSeconds: 2_147_483_648 }]) {
      const spec = { ...most, ...wrong }
      t.match(await api.send('POST', LEASES, { metadata: { name: unique('lease') }, spec }), { status: 400 })
      t.match(await api.send('PUT', `${LEASES}/${name}`, { ...made, spec }), { status: 400 })
    }
    await api.must('DELETE', `${LEASES}/${name}`)
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
