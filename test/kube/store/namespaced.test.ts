import t, { type Test as Tap } from 'tap'
import { createAdoption } from '../../../src/controller/adoption.ts'
import { createRecords } from '../../../src/controller/fenced-records.ts'
import type { FencedObject } from '../../../src/core/model/fenced.ts'
import { crdOf } from '../../../src/kube/crd/crd.ts'
import type { CelRule } from '../../../src/kube/crd/definition.ts'
import { createFencedStore } from '../../../src/kube/store/fenced-store.ts'
import { createFencedWatch } from '../../../src/kube/store/fenced-watch.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import { watched } from '../../support/controller/term-context.ts'
import { embeddedApi } from '../../support/kube/api.ts'
import { ERRAND, type ErrandSpec, type ErrandStatus } from '../../support/kube/trial-kind.ts'
import { createMemoryLog } from '../../support/memory-log.ts'

const { signal } = new AbortController()
const CONFLICT = { name: 'LedgerConflictError' }
const ERRANDS = '/apis/trial.heald.dev/v1/namespaces/default/errands'

async function start(t: Tap, rules: readonly CelRule[] = ERRAND.rules) {
  const { api, http } = await embeddedApi(t)
  t.equal(api.call('GET', ERRANDS).code, 404, 'not before it is defined')
  const crd = crdOf({ ...ERRAND, rules })
  const made = api.call('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', crd)
  t.match(made, { code: 201, body: { spec: { scope: 'Namespaced' } } })
  return { api, http, store: createFencedStore(http, ERRAND) }
}

const spec = (epoch = 1): ErrandSpec => ({ place: 'market', epoch })
const status = (epoch: number, change: Partial<ErrandStatus> = {}): ErrandStatus => ({
  ...{ phase: 'Pending', epoch, note: '' },
  ...change,
})

t.test('an object of a namespaced kind is named by its namespace and its name, wherever it is', async (t) => {
  const { api, store } = await start(t)
  const here = await store.create('default/a', spec(), signal)
  const there = await store.create('kube-system/a', spec(), signal)
  t.same([here.name, there.name], ['default/a', 'kube-system/a'])
  t.match(api.call('GET', `${ERRANDS}/a`), { code: 200, body: { metadata: { name: 'a', namespace: 'default' } } })
  await t.rejects(store.create('default/a', spec(), signal), CONFLICT)
  t.same(await store.get('kube-system/a', signal), there)
  const written = await store.writeStatus(here, status(2), signal)
  t.same((await store.list(signal)).objects, [written, there])
  const held = await store.setFinalizer(written, true, signal)
  t.same(held?.finalizers, [ERRAND.finalizer])
  await store.delete(there, signal)
  t.same((await store.list(signal)).objects, [held])
})

t.test('it is fenced as every kind is', async (t) => {
  const { store } = await start(t)
  const created = await store.create('default/a', spec(3), signal)
  await t.rejects(store.writeStatus(created, status(2), signal), CONFLICT, 'below its creator')
  const written = await store.writeStatus(created, status(5), signal)
  await t.rejects(store.writeStatus(written, status(4), signal), CONFLICT, 'an older leader')
  const done = await store.writeStatus(written, status(5, { phase: 'Succeeded' }), signal)
  await t.rejects(store.writeStatus(done, status(6), signal), CONFLICT, 'finished')
})

t.test('its probe passes on the whole CRD only, and leaves nothing behind', async (t) => {
  const whole = await start(t)
  t.same(await whole.store.probe(signal), { usable: true, reason: 'Ok' })
  t.same(await whole.store.list(signal), { objects: [], unreadable: [] })
  // The probe asks about what stands in a status: where none is yet, it does not try.
  for (const { name } of ERRAND.rules.filter((rule) => rule.name !== 'status-not-before-creator')) {
    const { store } = await start(
      t,
      ERRAND.rules.filter((rule) => rule.name !== name),
    )
    t.same(await store.probe(signal), { usable: false, reason: 'CrdDoesNotFence' }, `without ${name}`)
  }
})

t.test('it is watched in all namespaces, and what can not be read is named by what it is about', async (t) => {
  const { api, http, store } = await start(t)
  const { objects, unreadable } = createFencedWatch({ http, clock: systemClock, log: createMemoryLog() }, ERRAND)
  const stop = new AbortController()
  const running = objects.run(stop.signal)
  t.teardown(async () => {
    stop.abort()
    await running
  })
  const until = async (holds: () => boolean): Promise<void> => {
    while (!holds()) await systemClock.sleep(10, AbortSignal.timeout(10_000))
  }
  await store.create('default/a', spec(), signal)
  const there = await store.create('kube-system/a', spec(), signal)
  await until(() => objects.items.size === 2)
  t.same([...objects.items.keys()].sort(), ['default/a', 'kube-system/a'])
  t.same(objects.items.get('kube-system/a'), there)
  const stored = api.store.get('errands', 'default/a')!
  api.store.put('errands', 'default/a', { ...stored, status: { phase: 'Garbage' } })
  await until(() => unreadable().size === 1)
  t.match(unreadable().get('market'), /status/)
  t.same([...objects.items.keys()], ['kube-system/a'])
  await store.probe(signal)
  t.same([...objects.items.keys()], ['kube-system/a'], 'the scratch object of the probe is nobody’s')
})

t.test('a new leader takes all open ones over, and then an older one writes no more', async (t) => {
  const { store } = await start(t)
  const open = await store.writeStatus(await store.create('default/a', spec(), signal), status(4), signal)
  const fresh = await store.create('kube-system/b', spec(7), signal)
  const done = await store.writeStatus(
    await store.create('default/c', spec(), signal),
    status(4, { phase: 'Succeeded' }),
    signal,
  )
  const live = watched(new Map<string, FencedObject<ErrandSpec, ErrandStatus>>())
  const told: string[] = []
  const lead = (epoch: number, leaderCreates: boolean) =>
    createAdoption<ErrandSpec, ErrandStatus>({
      term: { epoch, signal },
      tell: ({ reason }) => void told.push(reason),
      now: 0,
      store,
      records: createRecords({ store, watched: live, regarding: () => [], tell: () => undefined }, () => epoch),
      noun: 'errand',
      leaderCreates,
      isOpen: (errand) => errand.status?.phase !== 'Succeeded',
      statusOf: (errand) => errand.status ?? status(0),
      aboutOf: (errand) => errand.spec.place,
      onlyLooks: () => false,
      onHealth: ({ reason }) => void told.push(reason),
    })
  t.equal(await lead(6, false).tend(0), 'outranked', 'a creator knew of a later leader')
  t.equal(await lead(7, true).tend(0), 'outranked', 'where leaders create, that was a leader of our epoch')
  told.length = 0
  const ours = lead(7, false)
  t.equal(await ours.tend(0), undefined, 'where anybody does, it may have been us whom the creator knew')
  t.same(told, ['Ok'])
  t.ok(ours.done)
  t.same([...ours.unsealed()], [])
  t.same([live.items.get('default/a')?.status?.epoch, live.items.get('kube-system/b')?.status?.epoch], [7, 7])
  t.same(await store.get('default/c', signal), done, 'a finished one never changes')
  for (const errand of [open, fresh]) await t.rejects(store.writeStatus(errand, status(6), signal), CONFLICT)
  const current = await store.get('default/a', signal)
  await t.rejects(store.writeStatus(current!, status(6), signal), CONFLICT, 'even on what stands now')
  t.equal(await lead(7, false).tend(0), 'outranked', 'nobody else may lead with this epoch')
})
