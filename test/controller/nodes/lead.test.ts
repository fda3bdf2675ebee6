import t from 'tap'
import { APPROVAL_ANNOTATION } from '../../../src/core/annotations/approval.ts'
import { acts, inWorld, phase } from '../../support/cluster/in-world.ts'
import { config } from '../../support/cluster/replica.ts'
import type { World } from '../../support/cluster/world.ts'

const REPAIRS = '/apis/heald.dev/v1alpha1/noderepairs'
const MERGE = { contentType: 'application/merge-patch+json' }

async function succeeds(world: World, node: string): Promise<void> {
  await world.until(`${node} is repaired`, 90_000, () => phase(world, node) === 'Succeeded')
}

t.jobs = 4

t.test('an end of a step that could not be stored is read again, never sent again', { buffered: true }, async (t) => {
  const { world, first } = await inWorld(t)
  let touched = 0
  first.gate.watch(({ what }, when) => {
    // Somebody writes the object between the cloud's answer and ours: our write is refused.
    const repair = world.repairsOf('w0')[0]
    if (what !== 'step' || when !== 'after' || repair === undefined) return
    touched += 1
    const annotations = { [APPROVAL_ANNOTATION]: `{"n":"${touched}"}` }
    world.api.call('PATCH', `${REPAIRS}/${repair.name}`, { metadata: { annotations } }, MERGE)
  })
  world.machines.break('w0', 'runtime-dead')
  await succeeds(world, 'w0')
  t.ok(touched > 0)
  t.ok(
    first.notices.some((one) => one.reason === 'WriteConflict'),
    'a write met another one',
  )
  t.same(world.resent, [])
  t.same(acts(world, 'w0'), ['reboot-hard'])
})

t.test('a takeover does not start the clocks of failing nodes anew', { buffered: true }, async (t) => {
  const { world, first } = await inWorld(t, { replicas: 2, text: config({ unhealthy: '10s' }) })
  await world.clock.sleep(3_000, world.signal)
  const brokenAt = world.clock.now()
  world.machines.break('w0', 'runtime-dead')
  await world.clock.sleep(6_000, world.signal)
  first.kill()
  await world.until('it acts', 60_000, () => acts(world, 'w0').length > 0)
  const took = world.clock.now() - brokenAt
  t.ok(took >= 10_000, `not before its time: ${took}`)
  t.ok(took < 6_000 + 10_000, `as if its own clock had run all the while: ${took}`)
})

t.test(
  'a repair that can not be sealed parks its node; the others go on; sealing is tried again',
  { buffered: true },
  async (t) => {
    const { world, first, replicas } = await inWorld(t, { replicas: 2 })
    world.machines.break('w0', 'runtime-dead')
    await world.until('acting', 60_000, () => phase(world, 'w0') === 'Acting')
    const name = world.repairsOf('w0')[0]?.name ?? ''
    let refusing = true
    world.api.setFaults(({ method, path }) =>
      refusing && method === 'PUT' && path.includes(name)
        ? { kind: 'answer', status: 500, reason: 'InternalError' }
        : undefined,
    )
    first.kill()
    const next = replicas.find((one) => one !== first)!
    await world.until('the other one leads', 60_000, () => next.leading())
    const parked = (): boolean => next.decision()?.view.unreadable.has('w0') === true
    await world.until('parked', 60_000, parked)
    await world.clock.sleep(8_000, world.signal)
    t.ok(parked())
    refusing = false
    await succeeds(world, 'w0')
    t.same(acts(world, 'w0'), ['reboot-hard'])
  },
)

t.test(
  'an act whose answer is lost is recovered by reading; one proven not sent is repeated on its rung',
  { buffered: true },
  async (t) => {
    const { world } = await inWorld(t)
    world.cloud.trouble({ effect: 'maybe', times: 1 })
    world.machines.break('w0', 'runtime-dead')
    await succeeds(world, 'w0')
    t.match(world.repairsOf('w0')[0]?.status?.attempts, [{ rung: 'reboot-hard', state: 'Verified' }])
    t.same(acts(world, 'w0'), ['reboot-hard'])
    world.cloud.trouble({ effect: 'none', kind: 'conflict', times: 1 })
    world.machines.break('w1', 'runtime-dead')
    await succeeds(world, 'w1')
    const attempts = [
      { rung: 'reboot-hard', state: 'NotSent' },
      { rung: 'reboot-hard', state: 'Verified' },
    ]
    t.match(world.repairsOf('w1')[0]?.status?.attempts, attempts)
    t.same(acts(world, 'w1'), ['reboot-hard'])
  },
)

t.test(
  'the ladder: a reboot that does not help is followed by a replacement, in one repair',
  { buffered: true },
  async (t) => {
    const ladder =
      '{rung: start}, {rung: reboot-hard, deadline: 20s, verify: 3s, soak: 1s}, {rung: replace, deadline: 20s, soak: 1s, drain: 0s, approval: false}'
    const { world } = await inWorld(t, { text: config({ ladder }) })
    world.machines.break('w0', 'kubelet-broken')
    await succeeds(world, 'w0')
    t.same(acts(world, 'w0'), ['reboot-hard', 'stop', 'create', 'remove'])
    const [only, ...more] = world.repairsOf('w0')
    t.same(more, [])
    t.match(only?.status?.attempts, [
      { rung: 'reboot-hard', state: 'Failed', reason: 'VerifyDeadline' },
      { rung: 'replace', state: 'Verified' },
    ])
    t.match(only?.status?.skipped, [{ rung: 'start', reason: 'NotOff' }])
  },
)

t.test(
  'a stop lets the step under way end and frees the Lease for the next one at once',
  { buffered: true },
  async (t) => {
    const { world, first, replicas } = await inWorld(t, { replicas: 2 })
    world.machines.break('w0', 'runtime-dead')
    await world.until('acting', 60_000, () => acts(world, 'w0').length === 1)
    const at = world.clock.now()
    await first.stop()
    const next = replicas.find((one) => one !== first)!
    await world.until('the other one leads', 60_000, () => next.leading())
    t.ok(world.clock.now() - at < 3_000, 'not only when the lease has run out')
    await succeeds(world, 'w0')
    t.same(acts(world, 'w0'), ['reboot-hard'])
  },
)
