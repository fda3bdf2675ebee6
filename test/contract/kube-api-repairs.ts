import type { Test } from 'tap'
import { APPLY, type Client, JSON_PATCH, MERGE, STRATEGIC, unique } from './kube-api-client.ts'

const REPAIRS = '/apis/heald.dev/v1alpha1/noderepairs'
const KIND = { apiVersion: 'heald.dev/v1alpha1', kind: 'NodeRepair' }
const REFUSED = { status: 422, body: { reason: 'Invalid' } }

const ORDER = {
  ...{ rung: 'reboot-hard', repair: 'r', nodeName: 'worker-1', nodeUID: 'u1' },
  ...{ instance: { id: 'i-1', name: 'worker-1' }, key: 'r-1' },
}

function attempt(id: number, state: string): object {
  return { id, rung: 'reboot-hard', state, order: ORDER, issuedAt: '2026-01-01T00:00:00Z' }
}

const SPEC = {
  ...{ nodeName: 'worker-1', nodeUID: 'u1', provider: 'pretend', role: 'worker', pool: 'worker' },
  ...{ policyHash: 'h', epoch: 3, evidence: [] },
}

const STATUS = {
  ...{ phase: 'Acting', epoch: 5, nodeUID: 'u1', startedAt: '2026-01-01T00:00:00Z', skipped: [], holds: [] },
  attempts: [attempt(1, 'Failed'), attempt(2, 'Issued')],
}

/** The rules that fence a repair, as the CRD states them and the embedded API repeats them. */
export function nodeRepairRules(t: Test, api: Client): void {
  // biome-ignore lint/suspicious/noExplicitAny: see Reply
  async function stored(t: Test, status: object | null = STATUS): Promise<any> {
    const made = await api.must('POST', REPAIRS, { ...KIND, metadata: { name: unique('repair') }, spec: SPEC })
    const path = `${REPAIRS}/${made.metadata.name}`
    t.teardown(() => api.send('DELETE', path))
    return status === null ? made : api.must('PUT', `${path}/status`, { ...made, status })
  }

  t.test('a repair is created without a status, and gets it by the status path only', async (t) => {
    const made = await api.must('POST', REPAIRS, {
      ...KIND,
      metadata: { name: unique('repair') },
      spec: SPEC,
      status: STATUS,
    })
    const path = `${REPAIRS}/${made.metadata.name}`
    t.teardown(() => api.send('DELETE', path))
    t.equal(made.status, undefined)
    t.equal(made.metadata.generation, 1)
    const after = await api.must('PUT', `${path}/status`, {
      ...made,
      status: STATUS,
      metadata: { ...made.metadata, labels: { no: 'no' } },
    })
    t.match(after.status, STATUS)
    t.strictSame([after.metadata.labels, after.metadata.generation], [undefined, 1])
    const same = await api.must('PUT', path, { ...after, status: { ...STATUS, phase: 'Verifying' } })
    t.equal(same.status.phase, 'Acting', 'the main path leaves the status alone')
  })

  t.test('a spec without an epoch, or of an unknown role, is refused', async (t) => {
    const make = (spec: object) => api.send('POST', REPAIRS, { ...KIND, metadata: { name: unique('bad') }, spec })
    t.match(await make({ ...SPEC, epoch: undefined }), REFUSED)
    t.match(await make({ ...SPEC, role: 'boss' }), REFUSED)
    t.match(await make({ ...SPEC, epoch: -1 }), REFUSED)
  })

  t.test('a spec never changes', async (t) => {
    const repair = await stored(t)
    const path = `${REPAIRS}/${repair.metadata.name}`
    t.match(await api.send('PUT', path, { ...repair, spec: { ...SPEC, pool: 'other' } }), REFUSED)
    t.match(await api.send('PATCH', path, { spec: { pool: 'other' } }, MERGE), REFUSED)
    t.match(await api.send('PATCH', path, { metadata: { annotations: { a: 'b' } } }, MERGE), { status: 200 })
  })

  t.test('a PUT of the status needs the version that was read', async (t) => {
    const repair = await stored(t)
    const path = `${REPAIRS}/${repair.metadata.name}/status`
    const next = { ...repair, status: { ...STATUS, epoch: 6 } }
    t.match(await api.send('PUT', path, next), { status: 200 })
    t.match(await api.send('PUT', path, next), { status: 409, body: { reason: 'Conflict' } })
    const unversioned = { ...next, metadata: { name: repair.metadata.name } }
    t.match(await api.send('PUT', path, unversioned), REFUSED)
  })

  t.test('the epoch never goes down and is never left out, by any kind of write', async (t) => {
    const repair = await stored(t)
    const path = `${REPAIRS}/${repair.metadata.name}/status`
    const { epoch: _, ...timeless } = STATUS
    for (const status of [{ ...STATUS, epoch: 4 }, timeless, { ...STATUS, epoch: null }, { ...STATUS, epoch: '6' }]) {
      t.match(await api.send('PUT', path, { ...repair, status }), REFUSED, JSON.stringify(status))
    }
    t.match(await api.send('PATCH', path, { status: { epoch: 4 } }, MERGE), REFUSED)
    t.match(await api.send('PATCH', path, { status: { epoch: null } }, MERGE), REFUSED)
    t.match(await api.send('PATCH', path, [{ op: 'replace', path: '/status/epoch', value: 1 }], JSON_PATCH), REFUSED)
    t.match(await api.send('PATCH', path, [{ op: 'remove', path: '/status/epoch' }], JSON_PATCH), REFUSED)
    const applied = { ...KIND, metadata: { name: repair.metadata.name }, status: { epoch: 1 } }
    t.match(await api.send('PATCH', `${path}?fieldManager=t&force=true`, applied, APPLY), REFUSED)
    t.match(await api.send('PATCH', path, { status: { epoch: 9 } }, STRATEGIC), { status: 415 })
    const after = await api.must('GET', `${REPAIRS}/${repair.metadata.name}`)
    t.equal(after.metadata.resourceVersion, repair.metadata.resourceVersion, 'nothing passed')
  })

  t.test('the epoch of a status is at least the one that opened the repair', async (t) => {
    const repair = await stored(t, null)
    const path = `${REPAIRS}/${repair.metadata.name}/status`
    t.match(await api.send('PUT', path, { ...repair, status: { ...STATUS, epoch: 2 } }), REFUSED)
    t.match(await api.send('PUT', path, { ...repair, status: { ...STATUS, epoch: 3 } }), { status: 200 })
  })

  t.test('a status is never removed', async (t) => {
    const repair = await stored(t)
    const path = `${REPAIRS}/${repair.metadata.name}/status`
    t.match(await api.send('PUT', path, { ...repair, status: undefined }), REFUSED)
    t.match(await api.send('PATCH', path, { status: null }, MERGE), REFUSED)
    t.match(await api.send('PATCH', path, [{ op: 'remove', path: '/status' }], JSON_PATCH), REFUSED)
  })

  t.test('attempts only grow, and finished ones never change', async (t) => {
    const repair = await stored(t)
    const path = `${REPAIRS}/${repair.metadata.name}/status`
    const put = (attempts: readonly object[]) => api.send('PUT', path, { ...repair, status: { ...STATUS, attempts } })
    t.match(await put([attempt(1, 'Failed')]), REFUSED, 'one is missing')
    t.match(await put([attempt(1, 'Issued'), attempt(2, 'Issued')]), REFUSED, 'a finished one is opened again')
    t.match(await put([{ ...attempt(1, 'Failed'), reason: 'Rewritten' }, attempt(2, 'Issued')]), REFUSED)
    t.match(
      await put([attempt(1, 'Failed'), attempt(2, 'Issued'), attempt(2, 'Issued')]),
      REFUSED,
      'an id is used twice',
    )
    t.match(
      await put([...STATUS.attempts, ...Array.from({ length: 15 }, (_, n) => attempt(n + 3, 'NotSent'))]),
      REFUSED,
      'more than 16',
    )
    t.match(await put([attempt(1, 'Failed'), attempt(2, 'Guessed')]), REFUSED, 'an unknown state')
    t.match(await put([attempt(1, 'Failed'), attempt(2, 'Confirmed'), attempt(3, 'Issued')]), { status: 200 })
  })

  t.test('a finished repair never changes', async (t) => {
    const finished = { ...STATUS, phase: 'Succeeded', attempts: [attempt(1, 'Verified')] }
    const repair = await stored(t, finished)
    const path = `${REPAIRS}/${repair.metadata.name}/status`
    for (const status of [
      { ...finished, phase: 'Acting' },
      { ...finished, message: 'later' },
      { ...finished, epoch: 8 },
    ]) {
      t.match(await api.send('PUT', path, { ...repair, status }), REFUSED)
    }
    t.match(await api.send('DELETE', `${REPAIRS}/${repair.metadata.name}`), { status: 200 })
  })

  t.test('fields that the CRD does not name are not kept, the others come back whole', async (t) => {
    const repair = await stored(t, { ...STATUS, surprise: true, message: 'kept' })
    t.equal(repair.status.surprise, undefined)
    t.match(repair.status, { ...STATUS, message: 'kept' })
  })

  t.test('a deleted repair with a finalizer waits, and its status can still be written', async (t) => {
    const repair = await stored(t)
    const path = `${REPAIRS}/${repair.metadata.name}`
    await api.must('PATCH', path, { metadata: { finalizers: ['heald.dev/repair'] } }, MERGE)
    await api.must('DELETE', path)
    const going = await api.must('GET', path)
    t.type(going.metadata.deletionTimestamp, 'string')
    await api.must('PUT', `${path}/status`, { ...going, status: { ...STATUS, epoch: 7 } })
    await api.must('PATCH', path, { metadata: { finalizers: null } }, MERGE)
    t.match(await api.send('GET', path), { status: 404 })
  })

  t.test('a watch of repairs shows their status', async (t) => {
    const repair = await stored(t)
    const { name, resourceVersion } = repair.metadata
    const watch = api.watch(
      `${REPAIRS}?watch=true&resourceVersion=${resourceVersion}&fieldSelector=metadata.name%3D${name}&timeoutSeconds=20`,
    )
    const next = watch.next()
    await api.must('PUT', `${REPAIRS}/${name}/status`, { ...repair, status: { ...STATUS, epoch: 6 } })
    t.match((await next).value, { type: 'MODIFIED', object: { kind: 'NodeRepair', status: { epoch: 6 } } })
    await watch.return()
  })
}
