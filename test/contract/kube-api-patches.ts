import type { Test } from 'tap'
import { APPLY, type Client, JSON_PATCH, MAPS, MERGE, STRATEGIC, unique } from './kube-api-client.ts'

export function patchContract(t: Test, api: Client): void {
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
