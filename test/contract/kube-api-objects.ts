import { randomUUID } from 'node:crypto'
import type { Test } from 'tap'
import { type Client, LEASES, MAPS, MERGE, unique } from './kube-api-client.ts'

export function objectContract(t: Test, api: Client): void {
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

export function deletionContract(t: Test, api: Client): void {
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
