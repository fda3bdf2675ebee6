import t from 'tap'
import { z } from 'zod'
import {
  chosen,
  failed,
  type Rungs,
  type Sequence,
  single,
  stepsOf,
} from '../../../src/cloudprovider/contract/sequence.ts'
import type { ProviderErrorKind } from '../../../src/core/model/instance.ts'
import { ProviderError } from '../../../src/core/ports/cloud-provider.ts'
import { order } from '../../support/pure/scene.ts'

const never = new AbortController().signal
const Cursor = z.object({ at: z.string(), id: z.string().optional() })
type Cursor = z.output<typeof Cursor>

/** Two acts, `mark` and `update`; after them the rung is done. */
function scene(options: Partial<Rungs<Cursor>> & { first?: 'now' | 'named'; refusal?: ProviderErrorKind } = {}) {
  const { first = 'now', refusal, ...more } = options
  const sent: string[] = []
  let isDone = false
  const rung: Sequence<Cursor, readonly string[]> = {
    read: async () => [...sent],
    look(world) {
      if (isDone || world.length === 2) return { state: 'done' }
      return world.length === 0 ? { act: { at: 'mark', id: 'a' }, first } : { act: { at: 'update' } }
    },
    async perform({ at }) {
      if (refusal !== undefined) throw new ProviderError(refusal, 'none', 'no')
      sent.push(at)
      return undefined
    },
    undo: (world) =>
      world.includes('mark') && !world.includes('unmark') ? { act: { at: 'unmark' } } : { state: 'done' },
  }
  const steps = stepsOf({
    cloud: 'c',
    cursor: Cursor,
    ...{ names: ['id'], settleMs: 0, lateMs: 0, clock: { now: () => 0 } },
    rungs: { replace: rung },
    ...more,
  })
  return {
    sent,
    rung,
    steps,
    end: () => {
      isDone = true
    },
  }
}

const one = [order('replace')]
const mark = { at: 'mark', id: 'a' }

t.test('an act goes out only when its cursor is stored, or when it may go first', async (t) => {
  const named = scene({ first: 'named' })
  t.same(await named.steps.step(one, undefined, never), { state: 'running', cursor: mark, againMs: 0 })
  t.same(await named.steps.step(one, { at: 'mark', id: 'b' }, never), { state: 'running', cursor: mark, againMs: 0 })
  t.same(named.sent, [], 'another id is another act')
  t.same(await named.steps.step(one, mark, never), { state: 'running', cursor: { at: 'update' }, againMs: 0 })
  const now = scene()
  await now.steps.step(one, undefined, never)
  t.same([named.sent, now.sent], [['mark'], ['mark']])
})

t.test('a cloud that only queues what it accepts is looked at later', async (t) => {
  const { steps } = scene({ settleMs: 2_000 })
  t.same(await steps.step(one, undefined, never), { state: 'running', cursor: mark, againMs: 2_000 })
})

t.test('not sent is said only while no cursor is stored', async (t) => {
  const { steps } = scene()
  t.match(await steps.recover(one, undefined, never), { state: 'failed', reason: 'NotSent', effect: 'none' })
  t.match(await steps.recover(one, mark, never), { state: 'running', cursor: mark })
})

t.test('what the cloud calls wrong ends a rung that has begun; anything else is tried again', async (t) => {
  for (const kind of ['invalid', 'not-found', 'unsupported'] as const) {
    t.match(await scene({ refusal: kind }).steps.step(one, mark, never), { state: 'failed', effect: 'maybe' }, kind)
    await t.rejects(scene({ refusal: kind }).steps.step(one, undefined, never), {
      name: 'ProviderError',
      kind,
      effect: 'none',
    })
  }
  for (const kind of ['throttled', 'unavailable', 'conflict'] as const) {
    await t.rejects(scene({ refusal: kind }).steps.step(one, mark, never), { name: 'ProviderError', kind })
  }
})

t.test('a conflict is looked at once more before it counts', async (t) => {
  const { steps, rung, end } = scene({ refusal: 'conflict' })
  const { perform } = rung
  rung.perform = (...call) => {
    end()
    return perform(...call)
  }
  t.match(await steps.step(one, mark, never), { state: 'done' })
})

t.test('taking back sends one request a call, and is done when nothing is left', async (t) => {
  const { steps, sent } = scene()
  await steps.step(one, undefined, never)
  t.match(await steps.abandon(one, mark, never), { state: 'done' })
  t.same(sent, ['mark', 'unmark'])
})

t.test('a rung that the cloud has not is not sent, and leaves nothing', async (t) => {
  const { steps } = scene({ rungs: {} })
  t.same(await steps.step(one, undefined, never), failed('UnknownRung', 'none'))
  t.same(await steps.recover(one, undefined, never), failed('UnknownRung', 'none'))
  t.same(await steps.abandon(one, undefined, never), { state: 'done' })
})

t.test(
  'a cursor of another cloud, several kinds of orders, several orders for one machine: refused, no effect',
  async (t) => {
    const refused = { name: 'ProviderError', kind: 'invalid', effect: 'none' }
    const { steps, sent } = scene()
    await t.rejects(steps.step(one, 'not ours', never), refused)
    await t.rejects(steps.step([], undefined, never), refused)
    await t.rejects(steps.step([...one, order('start')], undefined, never), refused)
    const alone = single<Cursor, undefined>({
      read: async () => undefined,
      look: () => ({ act: mark, first: 'now' }),
      perform: async ({ at }) => void sent.push(at),
      undo: () => ({ state: 'done' }),
    })
    await t.rejects(scene({ rungs: { replace: alone } }).steps.step([...one, ...one], undefined, never), refused)
    t.same(sent, [])
  },
)

t.test('a rung may be chosen by the machines it is for', async (t) => {
  const { rung, sent } = scene()
  const asked: string[] = []
  const replace = chosen<Cursor>(async ([first]) => {
    asked.push(first?.nodeName ?? '')
    return rung
  })
  const { steps } = scene({ rungs: { replace } })
  await steps.step(one, undefined, never)
  t.same(sent, ['mark'])
  t.ok(asked.every((name) => name === 'w0'))
})

t.test('a fence that ends while the world is read lets no act out', async (t) => {
  let now = 0
  const late = scene({ clock: { now: () => now } })
  const due = [{ ...order('replace'), notAfter: 1_000 }]
  now = 999
  t.match(await late.steps.step(due, undefined, never), { state: 'running' })
  t.same(late.sent, ['mark'])
  now = 1_000
  t.same(await late.steps.step(due, { at: 'update' }, never), {
    state: 'running',
    cursor: { at: 'update' },
    againMs: 0,
  })
  t.same(late.sent, ['mark'], 'what had begun is asked for again')
  const unsent = scene({ clock: { now: () => now } })
  t.match(await unsent.steps.step(due, undefined, never), { state: 'failed', reason: /^NotSent/, effect: 'none' })
  t.same(unsent.sent, [])
})

t.test('nothing is taken back after the fence has ended, and it is asked for again', async (t) => {
  let now = 0
  const late = scene({ clock: { now: () => now } })
  const due = [{ ...order('replace'), notAfter: 1_000 }]
  await late.steps.step(due, undefined, never)
  now = 1_000
  const again = { state: 'running', cursor: { at: 'update' }, againMs: 0 }
  t.same(await late.steps.abandon(due, { at: 'update' }, never), again)
  t.same(late.sent, ['mark'])
  now = 999
  await late.steps.abandon(due, { at: 'update' }, never)
  t.same(late.sent, ['mark', 'unmark'])
})
