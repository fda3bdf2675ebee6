import t from 'tap'
import { runEffect } from '../../../src/controller/nodes/effect.ts'
import { runRound } from '../../../src/controller/nodes/round.ts'
import type { Effect } from '../../../src/core/model/effects.ts'
import type { NodeRepair } from '../../../src/core/model/node-repair.ts'
import type { StepResult } from '../../../src/core/model/order.ts'
import type { Json } from '../../../src/core/model/primitives.ts'
import type { CloudProvider } from '../../../src/core/ports/cloud-provider.ts'
import { applyStepResult, failed } from '../../../src/core/repair/status.ts'
import { type Bench, createBench } from '../../support/controller/term-context.ts'
import { attemptFailed, flat, inPhase, next, parked, running, viewOf, waits } from '../../support/pure/scene.ts'
import { MINUTE, NOW } from '../../support/pure/view.ts'

const stop = { at: 'stop' }
const create = { at: 'create' }
const done: StepResult = { state: 'done' }
const acting = inPhase('Acting', 'replace', { attempts: [running('replace', { cursor: stop })] })

function goesOn(cursor: Json): StepResult {
  return { state: 'running', cursor, againMs: 0 }
}

async function round({ context }: Bench, elapsedMs = 0): Promise<void> {
  const options = { publish: () => undefined, ownNode: undefined, wake: () => undefined, virtual: new Map() }
  await runRound(context, options, true, elapsedMs)
  await context.slots.settled()
}

function isActing({ status }: NodeRepair): boolean {
  return status?.phase === 'Acting'
}

t.test('taking back is written before it begins, each request is fenced, and the end is written last', async (t) => {
  const answers = [goesOn(create), done]
  const bench = createBench({ repair: acting }, { abandon: async () => answers.shift() ?? done })
  bench.context.slots.of(acting).cursor = { at: 'named, and never sent' }
  await runEffect(bench.context, acting, failed(acting, bench.context.view(), 'Deadline', 'too late'))
  t.match(bench.stored().status, { phase: 'Acting', reason: 'Abandoning', attempts: [{ reason: 'Deadline' }] })
  await round(bench)
  const first = ['status Acting Issued', 'renew', 'abandon {"at":"stop"}']
  const second = ['status Acting Issued', 'renew', 'abandon {"at":"create"}']
  t.same(bench.sent, [...first, ...second, 'status Pending Failed'])
  t.match(bench.stored().status?.attempts, [{ state: 'Failed', reason: 'Deadline', message: 'too late' }])
})

t.test('what is taken back goes out with the end of its fence', async (t) => {
  const seen: unknown[] = []
  const bench = createBench(
    { repair: acting },
    {
      abandon: async (orders) => {
        seen.push(...orders)
        return done
      },
    },
  )
  const term = { ...bench.context.term, renew: async () => 4_200 }
  await runEffect({ ...bench.context, term }, acting, failed(acting, bench.context.view(), 'Deadline', 'too late'))
  t.match(seen, [{ rung: 'replace', notAfter: 4_200 }])
})

t.test('a cursor that stays the same is stored once', async (t) => {
  const bench = createBench({ repair: acting }, { abandon: async () => goesOn(stop) })
  await runEffect(bench.context, acting, failed(acting, bench.context.view(), 'Deadline', 'too late'))
  await round(bench)
  const again = ['renew', 'abandon {"at":"stop"}']
  t.same(bench.sent, ['status Acting Issued', ...again, ...again])
})

t.test('the successor of a leader that died in the middle takes back from the cursor that was stored', async (t) => {
  const killed = new Error('killed')
  const answers: CloudProvider['abandon'][] = [async () => goesOn(create), () => Promise.reject(killed)]
  const bench = createBench({ repair: acting }, { abandon: (...call) => answers.shift()!(...call) })
  await runEffect(bench.context, acting, failed(acting, bench.context.view(), 'CloudFailed', 'UpdateFailed'))
  const again = next({ repair: bench.stored() }) as Effect
  await t.rejects(runEffect(bench.context, bench.stored(), again), killed)
  t.equal(bench.sent.at(-1), 'abandon {"at":"create"}')

  const heir = createBench({ repair: bench.stored() }, { abandon: async () => done })
  await round(heir)
  t.same(heir.sent, ['renew', 'abandon {"at":"create"}', 'status Pending Failed'], 'no look forward, no step forward')
  t.match(heir.stored().status?.attempts, [{ state: 'Failed', reason: 'CloudFailed', message: 'UpdateFailed' }])
})

t.test('whoever takes back ends the attempt as it was to end', async (t) => {
  const refused = { state: 'failed', reason: 'conflict', effect: 'none' } as const
  const notSent = applyStepResult(acting, viewOf({ repair: acting }), refused)!
  const deleting = { ...acting, deleting: true }
  const dryRun = { parts: { switches: { dryRun: true } }, timer: { countedMs: 60 * MINUTE } }
  const ends: readonly (readonly [NodeRepair, Effect, object])[] = [
    [acting, notSent, { phase: 'Pending', attempts: [{ state: 'NotSent', message: 'conflict' }] }],
    [acting, next({ repair: acting, ...dryRun }) as Effect, { phase: 'Cancelled', reason: 'DryRun' }],
    [deleting, next({ repair: deleting }) as Effect, { phase: 'Cancelled', reason: 'Withdrawn' }],
  ]
  for (const [repair, effect, expected] of ends) {
    const bench = createBench({ repair }, { abandon: async () => goesOn(stop) })
    await runEffect(bench.context, repair, effect)
    t.ok(isActing(bench.stored()))
    const heir = createBench({ repair: bench.stored() }, { abandon: async () => done })
    await round(heir)
    t.match(heir.stored().status, expected)
  }
})

t.test('taking back that never ends is given up after the deadline of its rung, and is for a person', async (t) => {
  const bench = createBench({ repair: acting }, { abandon: async () => goesOn(stop) })
  await runEffect(bench.context, acting, failed(acting, bench.context.view(), 'Deadline', 'too late'))
  let minutes = 0
  while (isActing(bench.stored()) && minutes < 60) {
    await round(bench, MINUTE)
    minutes += 1
  }
  t.match(bench.stored().status, {
    phase: 'Parked',
    reason: 'NotTakenBack',
    message: 'what replace left at the cloud was not taken back within 20m',
    attempts: [{ state: 'Failed', reason: 'Deadline' }],
  })
  t.equal(minutes, 21, 'counted from the beginning of taking back')
})

t.test('what the cloud can not take back is for a person at once, and not taken for taken back', async (t) => {
  const refused: StepResult = { state: 'failed', reason: 'VolumeInUse', effect: 'none' }
  const bench = createBench({ repair: acting }, { abandon: async () => refused })
  await runEffect(bench.context, acting, failed(acting, bench.context.view(), 'Deadline', 'too late'))
  t.match(bench.stored().status, {
    phase: 'Parked',
    reason: 'NotTakenBack',
    message: 'what replace left at the cloud was not taken back: VolumeInUse',
    attempts: [{ state: 'Failed', reason: 'Deadline' }],
  })
  t.match(bench.notices.at(-1), { reason: 'RepairParked', level: 'warn' })
})

t.test('its deadline counts anew, and the cloud is asked no sooner than it said', async (t) => {
  const attempts = [running('replace', { reason: 'CloudFailed', message: 'x' })]
  const repair = inPhase('Acting', 'replace', { attempts, reason: 'Abandoning' })
  const ask = (timer: object): object => flat(next({ repair, timer }))
  t.match(ask({}), attemptFailed('CloudFailed', 'abandon'))
  t.match(ask({ stepKnown: false }), attemptFailed('CloudFailed', 'abandon'), 'a successor takes back too')
  t.match(ask({ nextStepAt: NOW + 5 }), waits(5))
  t.match(ask({ countedMs: 20 * MINUTE }), parked('NotTakenBack'))
  const deleting = { ...repair, deleting: true }
  t.match(flat(next({ repair: deleting, timer: { countedMs: 20 * MINUTE } })), parked('NotTakenBack'))
})
