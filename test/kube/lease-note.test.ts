import t from 'tap'
import { CONTROL_PLANE_ANNOTATION, parseControlPlane } from '../../src/core/annotations/control-plane.ts'
import { createLeaseApi } from '../../src/kube/lease.ts'
import { withNote } from '../../src/kube/lease-note.ts'
import { createLock } from '../../src/leader/lock.ts'
import { DEFAULT_TIMINGS } from '../../src/leader/timings.ts'
import { createControlPlane } from '../../src/observer/control-plane.ts'
import { createVirtualClock } from '../../src/simulator/clock/virtual-clock.ts'
import { embeddedApi } from '../support/kube/api.ts'

const DAY = 86_400_000
const PATH = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/heald'
const MERGE = { contentType: 'application/merge-patch+json' } as const
const { signal } = new AbortController()

/** Replicas that compete for one Lease of a real API, in virtual time. */
async function election(t: Parameters<typeof embeddedApi>[0]) {
  const clock = createVirtualClock()
  const { api, http } = await embeddedApi(t)
  const lease = createLeaseApi(http, 'kube-system', 'heald')
  const start = (identity: string) => {
    const controlPlane = createControlPlane({ clock, calendar: clock.wall, clocksAgree: () => true })
    const noted = withNote(lease, CONTROL_PLANE_ANNOTATION, controlPlane.exchange)
    return { ...controlPlane, lock: createLock(noted, identity, clock, DEFAULT_TIMINGS) }
  }
  const annotations = async (): Promise<Readonly<Record<string, string>>> => {
    const record = await lease.get(signal)
    return { ...(record?.metadata.annotations as Readonly<Record<string, string>> | undefined) }
  }
  const counts = async (): Promise<readonly number[]> =>
    parseControlPlane((await annotations())[CONTROL_PLANE_ANNOTATION]).map(({ count }) => count)
  return { api, clock, start, annotations, counts }
}

t.test('a new leader and a restart know of five masters; seven days after the last of five, three count', async (t) => {
  const { clock, start, counts } = await election(t)
  const first = start('a')
  first.see(5)
  t.equal(await first.lock.acquire(0, signal), true)
  t.same(await counts(), [], 'a new Lease')
  await first.lock.renew(signal)
  t.same(await counts(), [5], 'from its first renewal on')
  await first.lock.release(signal)

  const second = start('b')
  second.see(3)
  t.equal(await second.lock.acquire(0, signal), true)
  t.equal(second.highest(), 5, 'a new leader, before it leads')
  for (let hours = 0; hours < 7 * 24 - 6; hours += 6) {
    await clock.advance(DAY / 4)
    second.see(3)
    t.equal(await second.lock.acquire(0, signal), true)
    t.equal(second.highest(), 5)
  }
  t.same(await counts(), [5, 3])
  const restarted = start('b2')
  await restarted.lock.look(signal)
  t.equal(restarted.highest(), 5, 'whoever only looks on')

  await clock.advance(DAY / 4)
  for (const one of [second, restarted]) t.equal(one.highest(), 3)
  await second.lock.acquire(0, signal)
  t.same(await counts(), [3])
})

t.test('what else is written on the Lease stays, and a damaged note harms no election', async (t) => {
  const { api, start, annotations, counts } = await election(t)
  const one = start('a')
  one.see(3)
  await one.lock.acquire(0, signal)
  const others = { 'someone/else': 'stays', [CONTROL_PLANE_ANNOTATION]: '[[[' }
  api.call('PATCH', PATH, { metadata: { annotations: others } }, MERGE)
  await one.lock.renew(signal)
  t.equal((await annotations())['someone/else'], 'stays')
  t.same(await counts(), [3])
})

t.test('a replica that has seen nothing yet takes nothing away', async (t) => {
  const { api, start, annotations } = await election(t)
  const one = start('a')
  await one.lock.acquire(0, signal)
  await one.lock.renew(signal)
  t.same(await annotations(), {})
  api.call('PATCH', PATH, { metadata: { annotations: { [CONTROL_PLANE_ANNOTATION]: 'x' } } }, MERGE)
  await one.lock.renew(signal)
  t.same(await annotations(), { [CONTROL_PLANE_ANNOTATION]: 'x' })
})
