import t from 'tap'
import { createOldLockApi, OLD_LOCK_KINDS, type OldLockRecord, parseOldLock } from '../../src/kube/old-lock.ts'
import { contend, isLeading } from '../support/election/contenders.ts'
import { createWorld, LeaseStore, type World } from '../support/election/election.ts'
import { embeddedApi } from '../support/kube/api.ts'

/** What magnum-auto-healer writes: renewed every five seconds from `from` to `to`. */
function oldHealer(world: World, { from, to }: { readonly from: number; readonly to: number }) {
  return {
    name: 'ConfigMap kube-system/magnum-auto-healer',
    async get(): Promise<OldLockRecord | undefined> {
      if (world.now() < from) return undefined
      const renewTime = String(Math.floor(Math.min(world.now(), to) / 5_000))
      return { holder: 'master-0_old', renewTime, leaseDurationSeconds: 20 }
    },
  }
}

t.test('while somebody renews the old lock nobody leads, and it is said once who does', async (t) => {
  const world = createWorld()
  const a = contend(world, 'a', [new LeaseStore()], { oldLocks: [oldHealer(world, { from: 0, to: 120_000 })] })
  await world.runTo(120_000)
  t.equal(a.terms.length, 0)
  const told = a.process.notices.filter(({ reason }) => reason === 'OldLockHeld')
  t.equal(told.length, 1)
  t.match(told[0], { message: /^master-0_old holds the old lock ConfigMap kube-system\/magnum-auto-healer/ })
  await world.runTo(139_000)
  t.equal(a.terms.length, 0, 'its holder keeps the time that it was promised')
  await world.runTo(160_000)
  t.ok(isLeading(a))
  t.ok(a.process.reasons().includes('OldLockFree'))
})

t.test('a leader ends its term when an old healer begins beside it, and releases its Lease', async (t) => {
  const world = createWorld()
  const store = new LeaseStore()
  const a = contend(world, 'a', [store], { oldLocks: [oldHealer(world, { from: 60_000, to: Infinity })] })
  await world.runTo(59_000)
  t.ok(isLeading(a))
  await world.runTo(75_000)
  t.notOk(isLeading(a))
  t.equal(store.stored?.holder, '')
})

t.test('without an answer about the old lock nobody leads; one that never was holds nobody up', async (t) => {
  const world = createWorld()
  const failing = { name: 'ConfigMap a/b', get: () => Promise.reject(new Error('forbidden')) }
  const a = contend(world, 'a', [new LeaseStore()], { oldLocks: [failing] })
  const b = contend(world, 'b', [new LeaseStore()], { oldLocks: [{ ...failing, get: async () => undefined }] })
  await world.runTo(30_000)
  t.equal(a.terms.length, 0)
  t.match(a.process.notices, [{ reason: 'LeaseUnreachable', message: /ConfigMap a\/b: forbidden/ }])
  t.ok(isLeading(b))
  a.stop()
  await world.runTo(40_000)
  t.ok(a.stopped())
})

t.test('what client-go wrote is read, and garbage is held by nobody', async (t) => {
  const written =
    '{"holderIdentity":"m_1","leaseDurationSeconds":20,"acquireTime":"2026-01-01T00:00:00Z","renewTime":"2026-01-01T00:00:05Z","leaderTransitions":3}'
  t.same(parseOldLock(written), { holder: 'm_1', renewTime: '2026-01-01T00:00:05Z', leaseDurationSeconds: 20 })
  for (const text of [undefined, '', '{', '[]', 'null', '7', '{"holderIdentity":""}', '{"holderIdentity":7}']) {
    t.equal(parseOldLock(text), undefined, String(text))
  }
  t.match(parseOldLock('{"holderIdentity":"m","leaseDurationSeconds":1e9}'), { leaseDurationSeconds: 15 })
})

for (const kind of OLD_LOCK_KINDS) {
  t.test(`the annotation of real ${kind} is read, and what is not there is nobody's`, async (t) => {
    const { http } = await embeddedApi(t)
    const { signal } = new AbortController()
    const lock = createOldLockApi(http, kind, 'kube-system', 'magnum-auto-healer')
    t.equal(lock.name, `${kind} kube-system/magnum-auto-healer`)
    t.equal(await lock.get(signal), undefined)
    const path = `/api/v1/namespaces/kube-system/${kind === 'ConfigMap' ? 'configmaps' : 'endpoints'}`
    const annotations = { 'control-plane.alpha.kubernetes.io/leader': '{"holderIdentity":"m_1","renewTime":"now"}' }
    const body = { apiVersion: 'v1', kind, metadata: { name: 'magnum-auto-healer', annotations } }
    await http.request({ method: 'POST', path, body }, signal)
    t.same(await lock.get(signal), { holder: 'm_1', renewTime: 'now', leaseDurationSeconds: 15 })
  })
}
