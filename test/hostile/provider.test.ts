import fc from 'fast-check'
import t from 'tap'
import type { CloudProvider } from '../../src/core/ports/cloud-provider.ts'
import { hostileJson } from './arbitrary-json.ts'
import { type Stage, startStage } from './stage.ts'

t.setTimeout(240_000)

type Answer = (call: string) => unknown

/** A cloud that answers whatever `answer` makes up; `undefined` = what the real one says. */
function lying(cloud: CloudProvider, lie: { answer: Answer | undefined }): CloudProvider {
  const lieOr = async <T>(call: string, truth: () => Promise<T>): Promise<T> =>
    lie.answer === undefined ? truth() : ((await lie.answer(call)) as T)
  return {
    name: 'lying',
    locate: (node, signal) => lieOr('locate', () => cloud.locate(node, signal)),
    inspect: (instance, signal) => lieOr('inspect', () => cloud.inspect(instance, signal)),
    plan: (state) => (lie.answer === undefined ? cloud.plan(state) : (lie.answer('plan') as never)),
    step: (orders, cursor, signal) => lieOr('step', () => cloud.step(orders, cursor, signal)),
    recover: (orders, cursor, signal) => lieOr('recover', () => cloud.recover(orders, cursor, signal)),
    abandon: (orders, cursor, signal) => lieOr('abandon', () => cloud.abandon(orders, cursor, signal)),
    switch: (signal) => lieOr('switch', async () => ({ on: !signal.aborted, reason: '' })),
  }
}

async function withLiar(
  t: Parameters<typeof startStage>[0],
): Promise<{ stage: Stage; lie: { answer: Answer | undefined } }> {
  const lie: { answer: Answer | undefined } = { answer: undefined }
  return { stage: await startStage(t, { provider: (world) => lying(world.cloud, lie) }), lie }
}

const REF = { id: 'i-1', name: 'w0' }

t.test(
  'a cloud that throws strings, hangs or answers garbage holds the node, and others are still healed',
  async (t) => {
    const { stage, lie } = await withLiar(t)
    const { world } = stage
    const throwing = (thrown: unknown) => (): never => {
      throw thrown
    }
    const lies: readonly (readonly [string, Answer])[] = [
      ['nothing', () => undefined],
      ['text', () => '<html>502</html>'],
      ['an empty object', () => ({})],
      ['found without an id', () => ({ found: {} })],
      ['found, and no state', (call) => (call === 'locate' ? { found: REF } : call === 'plan' ? null : {})],
      [
        'a state of another shape',
        (call) => (call === 'locate' ? { found: REF } : call === 'plan' ? 'x' : { power: 7, ref: 'x' }),
      ],
      [
        'plans of another shape',
        (call) =>
          call === 'locate'
            ? { found: REF }
            : call === 'plan'
              ? [null, {}, { rung: 'replace' }]
              : { ref: REF, power: 'off' },
      ],
      ['gone, with a slot in words', () => ({ gone: 'yes', slot: 'perhaps' })],
      // Last: after these the breaker keeps heald from asking for a while.
      ['a string is thrown', throwing('boom')],
      ['nothing is thrown', throwing(undefined)],
      ['a null is thrown', throwing(null)],
      ['an object without a prototype is thrown', throwing(Object.create(null))],
      ['no end', () => new Promise(() => undefined)],
    ]
    world.machines.break('w0', 'runtime-dead')
    lie.answer = () => ({})
    await world.until('w0 is judged', 60_000, () => stage.decision()?.decision.verdicts.has('w0') === true)
    for (const [what, answer] of lies) {
      lie.answer = answer
      await stage.rounds(3)
      t.same(world.cloud.acts(), [], what)
      t.ok(held(stage, 'w0').length > 0, `${what}: ${held(stage, 'w0').join(', ')}`)
    }
    t.same(stage.told('RoundFailed'), [])
    lie.answer = undefined
    await stage.healed('w0')
  },
)

t.test('whatever JSON a cloud answers to looks, the loop goes on', async (t) => {
  const { stage, lie } = await withLiar(t)
  const { world } = stage
  lie.answer = () => ({})
  world.machines.break('w0', 'runtime-dead')
  await world.until('w0 is judged', 60_000, () => stage.decision()?.decision.verdicts.has('w0') === true)
  const answers = fc.sample(
    fc.oneof(
      hostileJson,
      fc.record({ found: fc.oneof(hostileJson, fc.constant(REF)) }),
      fc.array(
        fc.record({
          rung: fc.oneof(hostileJson, fc.constant('reboot-hard')),
          verdict: hostileJson,
          lockKey: hostileJson,
        }),
      ),
      fc.record({ ref: fc.constant(REF), power: hostileJson, provenStopped: hostileJson, task: hostileJson }),
    ),
    { numRuns: 100, seed: 5 },
  )
  let next = 0
  lie.answer = () => answers[next++ % answers.length]
  await world.until('all were given', 120_000, () => next >= answers.length)
  t.same(world.cloud.acts(), [])
  t.same(stage.told('RoundFailed'), [])
  lie.answer = undefined
  await stage.healed('w0')
})

t.test(
  'garbage as the outcome of an act is an unknown outcome: one act, then reading until the truth is told',
  async (t) => {
    const { stage, lie } = await withLiar(t)
    const { world } = stage
    let lies = 0
    const cloud = world.cloud
    const step = cloud.step
    cloud.step = async (orders, cursor, signal) => {
      await step(orders, cursor, signal)
      return ['nothing of value', undefined, { state: 'done?' }, { state: 'running' }][lies++ % 4] as never
    }
    lie.answer = undefined
    await stage.stillHeals('w0')
    t.ok(lies > 0)
    t.same(
      world.cloud.acts().map(({ act, name }) => `${act} ${name}`),
      ['reboot-hard w0'],
    )
  },
)

function held(stage: Stage, node: string): readonly string[] {
  const gates = stage.decision()?.decision.verdicts.get(node)?.gates ?? []
  return gates.filter((gate) => !gate.pass).map(({ gate, reason }) => `${gate} ${reason}`)
}
