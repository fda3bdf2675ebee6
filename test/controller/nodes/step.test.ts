import t from 'tap'
import { runEffect } from '../../../src/controller/nodes/effect.ts'
import type { Effect } from '../../../src/core/model/effects.ts'
import type { StepResult } from '../../../src/core/model/order.ts'
import { type CloudProvider, ProviderError } from '../../../src/core/ports/cloud-provider.ts'
import { LeaseLostError } from '../../../src/core/ports/term.ts'
import { createBench } from '../../support/controller/term-context.ts'
import { inPhase, pending, running } from '../../support/pure/scene.ts'
import { rung } from '../../support/pure/view.ts'

const soft: Effect = { do: 'issue', rung: rung('reboot-soft') }
const done: StepResult = { state: 'done' }
const stop = { at: 'stop' }
const create = { at: 'create' }

t.test(
  'an act is marked, written as Issued, fenced by the Lease, sent, and its end written: in this order',
  async (t) => {
    const bench = createBench({ repair: pending() }, { step: async () => done })
    await runEffect(bench.context, bench.stored(), soft)
    const intent = ['look', 'mark cordon', 'finalizer true', 'status Acting Issued']
    t.same(bench.sent, [...intent, 'renew', 'step undefined', 'status Verifying Confirmed'])
    t.match(bench.stored().status, { phase: 'Verifying', epoch: 7, cordon: 'ours' })
    t.match(bench.stored().status?.attempts[0]?.order, { instance: { id: 'machine-w0' }, bootMark: 'mark-1' })
  },
)

t.test('without the Lease nothing is sent', async (t) => {
  const bench = createBench({ repair: pending() })
  const term = { ...bench.context.term, renew: () => Promise.reject(new LeaseLostError('lost')) }
  await t.rejects(runEffect({ ...bench.context, term }, bench.stored(), soft), { name: 'LeaseLostError' })
  t.equal(bench.sent.at(-1), 'status Acting Issued')
})

t.test('a renewal that a frozen process has slept over is done anew before the step', async (t) => {
  let now = 0
  let renewals = 0
  const bench = createBench({ repair: pending() }, { step: async () => done })
  const tick = (): number => {
    if (renewals === 1) now += 3_000
    return now
  }
  const clock = { ...bench.context.clock, now: tick }
  const term = {
    ...bench.context.term,
    renew: async () => {
      renewals++
      return Number.POSITIVE_INFINITY
    },
  }
  await runEffect({ ...bench.context, clock, term }, bench.stored(), soft)
  t.equal(renewals, 2)
  t.match(bench.stored().status?.phase, 'Verifying')
})

t.test('a step goes out with the end of its fence, which its attempt does not keep', async (t) => {
  const seen: unknown[] = []
  const step: CloudProvider['step'] = async (orders) => {
    seen.push(...orders)
    return done
  }
  const bench = createBench({ repair: pending() }, { step })
  const term = { ...bench.context.term, renew: async () => 4_200 }
  await runEffect({ ...bench.context, term }, bench.stored(), soft)
  t.match(seen, [{ rung: 'reboot-soft', notAfter: 4_200 }])
  t.notMatch(bench.stored().status?.attempts[0]?.order, { notAfter: 4_200 })
})

t.test('what is told is told before the fence, so that no log stands between it and the act', async (t) => {
  const order: string[] = []
  const step = async (): Promise<StepResult> => {
    order.push('step')
    return done
  }
  const bench = createBench({ repair: pending() }, { step })
  const term = {
    ...bench.context.term,
    renew: async () => {
      order.push('renew')
      return Number.POSITIVE_INFINITY
    },
  }
  const tell: typeof bench.context.tell = ({ reason }) => void order.push(reason)
  await runEffect({ ...bench.context, term, tell }, bench.stored(), soft)
  t.same(order, ['RungIssued', 'StepDue', 'renew', 'step', 'ActConfirmed'])
})

t.test('each later step is written as Issued with its cursor, and fenced, before it is sent', async (t) => {
  const repair = inPhase('Acting', 'replace')
  const bench = createBench({ repair }, { step: async () => ({ state: 'running', cursor: create, againMs: 0 }) })
  const slot = bench.context.slots.of(repair)
  slot.cursor = stop
  await runEffect(bench.context, repair, { do: 'step', attempt: running('replace') })
  t.same(bench.sent, ['status Acting Issued', 'renew', `step ${JSON.stringify(stop)}`])
  t.same(bench.stored().status?.attempts[0]?.cursor, stop)
  t.same(slot.cursor, create)
  t.equal(slot.timer.stepKnown, true)
})

t.test('a cursor that is stored already is not written again', async (t) => {
  const attempts = [running('replace', { cursor: stop })]
  const repair = inPhase('Acting', 'replace', { attempts })
  const bench = createBench({ repair }, { step: async () => ({ state: 'running', cursor: stop, againMs: 0 }) })
  await runEffect(bench.context, repair, { do: 'step', attempt: attempts[0]! })
  t.same(bench.sent, ['renew', `step ${JSON.stringify(stop)}`])
})

t.test('when the end of a step can not be written, its outcome counts as not known', async (t) => {
  const bench = createBench(
    { repair: pending() },
    {
      step: async () => {
        bench.refuseOnce()
        return done
      },
    },
  )
  await t.rejects(runEffect(bench.context, bench.stored(), soft), { name: 'LedgerConflictError' })
  t.equal(bench.context.slots.of(bench.stored()).timer.stepKnown, false, 'so it is read, never sent again')
})

t.test('what is read is the step that was issued, not the one that its answer named next', async (t) => {
  const attempts = [running('replace', { cursor: stop })]
  const repair = inPhase('Acting', 'replace', { attempts })
  const bench = createBench({ repair }, { recover: async () => done })
  bench.context.slots.of(repair).cursor = create
  await runEffect(bench.context, repair, { do: 'recover', attempt: attempts[0]! })
  t.same(bench.sent, [`recover ${JSON.stringify(stop)}`, 'status Verifying Confirmed'])
})

t.test('an error says what the cloud may have done', async (t) => {
  const after = async (error: Error, repair = pending(), effect: Effect = soft) => {
    const bench = createBench({ repair }, { step: () => Promise.reject(error) })
    await runEffect(bench.context, bench.stored(), effect)
    return { last: bench.sent.at(-1), timer: bench.context.slots.of(bench.stored()).timer }
  }
  const maybe = new ProviderError('unavailable', 'maybe', 'no answer', { retryAfterMs: 9_000 })
  const none = new ProviderError('conflict', 'none', 'busy')
  t.match(await after(maybe), { last: 'status Acting Unknown', timer: { stepKnown: false } })
  t.match(await after(new Error('anything else')), { last: 'status Acting Unknown', timer: { stepKnown: false } })
  t.match(await after(none), { last: 'status Pending NotSent' })
  const attempt = running('replace', { cursor: stop })
  const midway = inPhase('Acting', 'replace', { attempts: [attempt] })
  t.match(await after(none, midway, { do: 'step', attempt }), {
    last: 'step {"at":"stop"}',
    timer: { stepKnown: true },
  })
})
