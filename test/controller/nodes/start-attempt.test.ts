import t from 'tap'
import { runEffect } from '../../../src/controller/nodes/effect.ts'
import type { Effect } from '../../../src/core/model/effects.ts'
import { createBench } from '../../support/controller/term-context.ts'
import { inPhase, pending, READY, type Scene } from '../../support/pure/scene.ts'
import { instance, NOW, passing, plan, repair, rung } from '../../support/pure/view.ts'

const soft: Effect = { do: 'issue', rung: rung('reboot-soft') }

t.test('what the second look finds stops an act that the first one allowed, before anything is changed', async (t) => {
  const finds: Readonly<Record<string, Scene>> = {
    paused: { parts: { switches: { paused: { reason: 'true', until: undefined } } } },
    'dry-run': { parts: { switches: { dryRun: true } } },
    'a skip': { node: { annotations: { 'heald.dev/skip': 'true' } } },
    'a node that is well': { node: { conditions: [READY] }, clocks: [passing()] },
    'a Node that is gone': { node: null },
    'another machine': { instance: instance('w0', {}, { located: { found: { id: 'other', name: 'w0' } } }) },
    'a cloud that does not answer': { instance: instance('w0', {}, { error: { kind: 'unavailable', message: '' } }) },
    'a machine that is off': { instance: instance('w0', { power: 'off' }) },
    'sight that is lost': { parts: { sight: { blindSince: NOW - 1 } } },
  }
  for (const [name, scene] of Object.entries(finds)) {
    const bench = createBench({ repair: pending() })
    bench.change(scene)
    await runEffect(bench.context, bench.stored(), soft)
    t.same(bench.sent, ['look'], name)
  }
})

t.test('an attempt that somebody has begun meanwhile, or a withdrawal, is seen by the second look', async (t) => {
  for (const meanwhile of [inPhase('Acting'), { ...pending(), deleting: true }, { ...pending(), uid: 'another' }]) {
    const bench = createBench({ repair: meanwhile })
    await runEffect(bench.context, pending(), soft)
    t.same(bench.sent, ['look'])
  }
})

t.test('orders with the same lock are never in flight together; the later one waits a while', async (t) => {
  const plans = [plan('reboot-soft', { lockKey: 'stack' })]
  const other = repair('w1', { phase: 'Acting', rung: 'reboot-soft' })
  const bench = createBench({
    repair: pending(),
    instance: instance('w0', {}, { plans }),
    parts: { instances: { w1: instance('w1', {}, { plans }) } },
  })
  const view = () => {
    const seen = bench.context.view()
    return { ...seen, repairs: new Map([...seen.repairs, [other.name, other]]) }
  }
  const rules = { ...bench.context.policy(), inFlight: { pool: { percent: 100, min: 9 }, masters: 1 } }
  await runEffect({ ...bench.context, view, policy: () => rules }, bench.stored(), soft)
  t.same(bench.sent, ['look'])
  t.ok(bench.context.slots.of(bench.stored()).notBefore > NOW)
})

t.test('a drain that was asked for and not made is written down as skipped, with the intent', async (t) => {
  const notes = async (drainMs: number, status: Parameters<typeof pending>[0]) => {
    const bench = createBench({ repair: pending(status) }, { step: async () => ({ state: 'done' }) })
    await runEffect(bench.context, bench.stored(), { do: 'issue', rung: rung('reboot-soft', { drainMs }) })
    const told = bench.notices.find(({ reason }) => reason === 'RungIssued')?.message ?? ''
    return [bench.stored().status?.drained, /not drained: its kubelet is silent/.test(told)]
  }
  t.same(await notes(1_000, {}), ['DrainSkipped', true])
  t.same(
    await notes(1_000, { rung: 'start', drained: 'Drained' }),
    ['DrainSkipped', true],
    'an earlier rung is no matter',
  )
  t.same(await notes(1_000, { rung: 'reboot-soft', drained: 'Drained' }), ['Drained', false])
  t.same(await notes(0, { rung: 'start', drained: 'Drained' }), [undefined, false])
})

t.test('who uncordoned between two rungs is heard even when nobody has noted it yet', async (t) => {
  const marks = JSON.stringify({ repair: 'w0-1', cordon: true, scaleDownDisabled: true })
  const lifted = createBench(
    { repair: pending(), node: { annotations: { 'heald.dev/marks': marks } } },
    { step: async () => ({ state: 'done' }) },
  )
  await runEffect(lifted.context, lifted.stored(), soft)
  t.equal(lifted.sent[1], 'mark')
  t.equal(lifted.stored().status?.cordon, 'lifted-by-person')
})
