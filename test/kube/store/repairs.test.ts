import t from 'tap'
import { REPAIR_FINALIZER } from '../../../src/core/model/node-repair.ts'
import { createLedger, REPAIRS_PATH } from '../../../src/kube/store/repairs.ts'
import { embeddedApi } from '../../support/kube/api.ts'
import { attempt, spec, status, storedSpec } from '../../support/kube/repairs.ts'

const { signal } = new AbortController()
const CONFLICT = { name: 'LedgerConflictError' }

t.test('every write returns the object as stored, and so do get and list', async (t) => {
  const ledger = createLedger({ http: (await embeddedApi(t)).http })
  const created = await ledger.create('a-1', spec(), signal)
  t.match(created, { name: 'a-1', spec: spec(), status: undefined, finalizers: [], deleting: false })
  const written = await ledger.writeStatus(created, status(), signal)
  t.same(written.status, status())
  t.not(written.resourceVersion, created.resourceVersion)
  t.same(await ledger.get('a-1', signal), written)
  t.same(await ledger.list(signal), { objects: [written], unreadable: [] })
  t.equal(await ledger.get('b-1', signal), undefined)
})

t.test('a name that is taken, a stale version, a lower epoch and an object that is gone are conflicts', async (t) => {
  const ledger = createLedger({ http: (await embeddedApi(t)).http })
  const created = await ledger.create('a-1', spec(), signal)
  await t.rejects(ledger.create('a-1', spec(), signal), CONFLICT)
  const written = await ledger.writeStatus(created, status({ epoch: 5 }), signal)
  await t.rejects(ledger.writeStatus(created, status({ epoch: 6 }), signal), CONFLICT)
  await t.rejects(ledger.writeStatus(written, status({ epoch: 4 }), signal), CONFLICT)
  await t.rejects(ledger.setFinalizer(created, true, signal), CONFLICT)
  await ledger.delete(written, signal)
  await t.rejects(ledger.writeStatus(written, status(), signal), CONFLICT)
})

t.test('a repair of the same name made anew is another one: old copies neither change nor delete it', async (t) => {
  const ledger = createLedger({ http: (await embeddedApi(t)).http })
  const old = await ledger.create('a-1', spec(), signal)
  await ledger.delete(old, signal)
  const fresh = await ledger.create('a-1', spec(), signal)
  await t.rejects(ledger.writeStatus(old, status(), signal), CONFLICT)
  await ledger.delete(old, signal)
  t.same(await ledger.get('a-1', signal), fresh)
  await ledger.delete(fresh, signal)
  await ledger.delete(fresh, signal)
  t.equal(await ledger.get('a-1', signal), undefined)
})

t.test('the finalizer keeps a deleted repair readable and writable until it goes', async (t) => {
  const { api, http } = await embeddedApi(t)
  const ledger = createLedger({ http })
  const held = await ledger.setFinalizer(await ledger.create('a-1', spec(), signal), true, signal)
  t.same(held?.finalizers, [REPAIR_FINALIZER])
  t.equal(await ledger.setFinalizer(held!, true, signal), held, 'nothing to write')
  api.call('DELETE', `${REPAIRS_PATH}/a-1`)
  const deleting = await ledger.get('a-1', signal)
  t.match(deleting, { deleting: true, finalizers: [REPAIR_FINALIZER] })
  const done = await ledger.writeStatus(deleting!, status({ phase: 'Cancelled' }), signal)
  t.equal(await ledger.setFinalizer(done, false, signal), undefined)
  t.equal(await ledger.get('a-1', signal), undefined)
  t.equal(await ledger.setFinalizer(done, false, signal), undefined, 'gone already')
})

t.test('other finalizers are left where they are', async (t) => {
  const { api, http } = await embeddedApi(t)
  const ledger = createLedger({ http })
  await ledger.create('a-1', spec(), signal)
  const body = { metadata: { finalizers: ['example.com/other'] } }
  api.call('PATCH', `${REPAIRS_PATH}/a-1`, body, { contentType: 'application/merge-patch+json' })
  const theirs = await ledger.get('a-1', signal)
  const both = await ledger.setFinalizer(theirs!, true, signal)
  t.same(both?.finalizers, ['example.com/other', REPAIR_FINALIZER])
  t.match(await ledger.setFinalizer(both!, false, signal), { finalizers: ['example.com/other'] })
})

t.test('a list longer than a page is whole', async (t) => {
  const ledger = createLedger({ http: (await embeddedApi(t)).http })
  for (let i = 0; i < 520; i++) await ledger.create(`a-${i}`, spec(), signal)
  const { objects: repairs } = await ledger.list(signal)
  t.equal(new Set(repairs.map(({ name }) => name)).size, 520)
})

t.test('more attempts than the CRD takes are a conflict, and the sixteen stored stay', async (t) => {
  const ledger = createLedger({ http: (await embeddedApi(t)).http })
  const sixteen = Array.from({ length: 16 }, (_, i) => attempt(i + 1))
  const full = await ledger.writeStatus(await ledger.create('a', spec(), signal), status({ attempts: sixteen }), signal)
  await t.rejects(ledger.writeStatus(full, status({ attempts: [...sixteen, attempt(17)] }), signal), CONFLICT)
  t.equal((await ledger.get('a', signal))?.status?.attempts.length, 16)
})

t.test('the probe finds the embedded API able to fence and leaves nothing there', async (t) => {
  const { api, http } = await embeddedApi(t)
  t.same(await createLedger({ http }).probe(signal), { usable: true, reason: 'Ok' })
  t.same(api.store.list('noderepairs'), [])
})

t.test(
  'nobody can hold the scratch object of the probe: its name is new each time, and what was left is removed',
  async (t) => {
    const { api, http } = await embeddedApi(t)
    const ledger = createLedger({ http })
    const create = (name: string, finalizers: readonly string[]) => {
      const metadata = { name, finalizers }
      const body = { apiVersion: 'heald.dev/v1alpha1', kind: 'NodeRepair', metadata, spec: storedSpec(spec()) }
      t.equal(api.call('POST', REPAIRS_PATH, body).code, 201)
    }
    create('heald-probe', ['somebody/else'])
    create('heald-probe-left', [])
    create('heald-probe-held', ['somebody/else'])
    t.same(await ledger.probe(signal), { usable: true, reason: 'Ok' })
    t.same(await ledger.probe(signal), { usable: true, reason: 'Ok' })
    t.same((await ledger.list(signal)).objects, [], 'none of them is a repair')
    const names = api.store.list('noderepairs').map(({ metadata }) => metadata.name)
    t.same(names, ['heald-probe', 'heald-probe-held'], 'their finalizers are for somebody else to take away')
  },
)

t.test('an API server that cannot be asked is no verdict on the CRD', async (t) => {
  const { api, http } = await embeddedApi(t)
  api.setFaults(() => ({ kind: 'answer', status: 403, reason: 'Forbidden' }))
  await t.rejects(createLedger({ http }).probe(signal), { name: 'KubeError' })
  api.setFaults(() => ({ kind: 'drop' }))
  await t.rejects(createLedger({ http }).probe(signal), { name: 'KubeError' })
})
