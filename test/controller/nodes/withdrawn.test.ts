import t from 'tap'
import { RESUME_ANNOTATION } from '../../../src/core/annotations/resume.ts'
import { acts, inWorld, phase } from '../../support/cluster/in-world.ts'
import { config } from '../../support/cluster/replica.ts'

const REPAIRS = '/apis/heald.dev/v1alpha1/noderepairs'
const MERGE = { contentType: 'application/merge-patch+json' }
/** A soft fault: the machine boots anew, and its node stays broken. */
const TEXT = config({
  ladder: '{rung: start}, {rung: reboot-hard, deadline: 20s, verify: 20s, soak: 1s}',
  unhealthy: '5s',
})

t.test('a repair that a person deletes leaves its node alone, and the machine is not rebooted again', async (t) => {
  const { world, first } = await inWorld(t, { text: TEXT })
  world.machines.break('w0', 'kubelet-broken')
  await world.until('the act is confirmed', 60_000, () => phase(world, 'w0') === 'Verifying')
  const actedAt = world.clock.now()
  const name = world.repairsOf('w0')[0]?.name ?? ''
  world.api.call('DELETE', `${REPAIRS}/${name}`)
  await world.until('it is gone', 30_000, () => world.repairsOf('w0').every((one) => one.name !== name))
  t.match(world.repairsOf('w0'), [{ status: { phase: 'Parked', reason: 'Withdrawn', attempts: [{ id: 1 }] } }])
  await world.clock.sleep(60_000, world.signal)
  t.same(acts(world, 'w0'), ['reboot-hard'], 'nothing more was done to it')

  const kept = world.repairsOf('w0')[0]?.name ?? ''
  world.api.call('PATCH', `${REPAIRS}/${kept}`, { metadata: { annotations: { [RESUME_ANNOTATION]: 'true' } } }, MERGE)
  await world.until('a person gave it back', 60_000, () => acts(world, 'w0').length === 2)
  t.ok(world.clock.now() - actedAt > 25_000, 'not before verify and unhealthyDuration')
  t.notOk(first.notices.some(({ reason }) => reason === 'EffectFailed'))
})

t.test('a deletion does not hang where what was done can not be kept', async (t) => {
  const { world, first } = await inWorld(t, { text: TEXT })
  world.machines.break('w0', 'kubelet-broken')
  await world.until('the act is confirmed', 60_000, () => phase(world, 'w0') === 'Verifying')
  world.api.setFaults(({ method, path }) =>
    method === 'POST' && path.includes('noderepairs')
      ? { kind: 'answer', status: 405, reason: 'MethodNotAllowed' }
      : undefined,
  )
  world.api.call('DELETE', `${REPAIRS}/${world.repairsOf('w0')[0]?.name}`)
  await world.until('it is gone', 60_000, () => world.repairsOf('w0').length === 0)
  t.ok(first.notices.some(({ reason }) => reason === 'WithdrawnForgotten'))
})
