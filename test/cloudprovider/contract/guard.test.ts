import { getEventListeners } from 'node:events'
import t from 'tap'
import type { Call } from '../../../src/cloudprovider/contract/answers.ts'
import { guardProvider } from '../../../src/cloudprovider/contract/guard.ts'
import { PROVIDERS } from '../../../src/cloudprovider/registry.ts'
import type { NodeFacts } from '../../../src/core/model/node.ts'
import type { Order } from '../../../src/core/model/order.ts'
import type { Clock } from '../../../src/core/ports/clock.ts'
import { type CloudProvider, ProviderError } from '../../../src/core/ports/cloud-provider.ts'
import type { Notice } from '../../../src/core/ports/log.ts'
import { heapGrowthPerCall } from '../../support/heap-growth.ts'

const instance = { id: 'i', name: 'machine' }
const order: Order = { rung: 'start', repair: 'r', nodeName: 'n', nodeUID: 'u', instance, key: 'r/1' }
const never = new AbortController().signal

/** Time that stands still until it is moved. */
function handClock(): Clock & { move(ms: number): Promise<void> } {
  let now = 0
  const sleepers = new Set<{ at: number; wake: () => void }>()
  return {
    now: () => now,
    wall: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        const sleeper = { at: now + ms, wake: resolve }
        sleepers.add(sleeper)
        signal.addEventListener('abort', () => {
          sleepers.delete(sleeper)
          reject(signal.reason)
        })
      }),
    async move(ms) {
      now += ms
      for (const sleeper of [...sleepers]) if (sleeper.at <= now) sleeper.wake()
      await new Promise((resolve) => setImmediate(resolve))
    },
  }
}

function guarded(inspect: CloudProvider['inspect']) {
  const clock = handClock()
  const told: Notice[] = []
  const none = PROVIDERS.get('none')!.create({}, { clock, log: { debug() {}, info() {}, warn() {}, error() {} } })
  const provider: CloudProvider = {
    ...none,
    inspect,
    step: async (_orders, _cursor, signal) => {
      await inspect(instance, signal)
      return { state: 'done' }
    },
  }
  return { clock, told, provider: guardProvider(provider, { clock, tell: (notice) => told.push(notice) }) }
}

async function caught(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
}

const up = { ref: instance, power: 'running', provenStopped: false } as const
const down = () => new ProviderError('unavailable', 'none', 'down')

t.test('whatever is thrown becomes a ProviderError: no effect when reading, maybe when acting', async (t) => {
  const cause = new TypeError('no such field')
  const { provider } = guarded(async () => {
    throw cause
  })
  t.match(await caught(provider.inspect(instance, never)), {
    name: 'ProviderError',
    kind: 'unavailable',
    effect: 'none',
    cause,
  })
  t.match(await caught(provider.step([order], undefined, never)), { kind: 'unavailable', effect: 'maybe' })
})

t.test("a provider's own error passes as it is", async (t) => {
  const error = new ProviderError('conflict', 'none', 'busy')
  const { provider } = guarded(async () => {
    throw error
  })
  t.equal(await caught(provider.step([order], undefined, never)), error)
})

t.test('a call that does not end in 10 s is ended, even when it ignores its signal', async (t) => {
  const { provider, clock } = guarded(() => new Promise(() => undefined))
  const end = caught(provider.step([order], undefined, never))
  let isOver = false
  void end.then(() => {
    isOver = true
  })
  await clock.move(9_999)
  t.notOk(isOver)
  await clock.move(1)
  t.match(await end, { kind: 'unavailable', effect: 'maybe' })
})

t.test('losing the lease passes through as what it is, and is no failure of the cloud', async (t) => {
  const lost = new Error('lease lost')
  const term = new AbortController()
  const { provider, told } = guarded((_instance, signal) => {
    return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
  })
  for (let i = 0; i < 10; i++) {
    const own = new AbortController()
    const end = caught(provider.inspect(instance, own.signal))
    own.abort(lost)
    t.equal(await end, lost)
  }
  term.abort(lost)
  t.equal(await caught(provider.inspect(instance, term.signal)), lost, 'not even sent')
  t.same(told, [])
})

t.test('five unavailable in a row: not asked for 30 s, then one call tries for all', async (t) => {
  let calls = 0
  let answer: () => Promise<typeof up> = async () => {
    throw down()
  }
  const { provider, clock, told } = guarded(() => {
    calls += 1
    return answer()
  })
  for (let i = 0; i < 5; i++) await caught(provider.inspect(instance, never))
  t.equal(calls, 5)
  t.match(await caught(provider.step([order], undefined, never)), {
    kind: 'unavailable',
    effect: 'none',
    retryAfterMs: 30_000,
  })
  t.equal(calls, 5, 'not asked')
  t.match(told, [{ reason: 'ProviderUnavailable' }])

  await clock.move(30_000)
  await caught(provider.inspect(instance, never))
  t.equal(calls, 6, 'one tries')
  await caught(provider.inspect(instance, never))
  t.equal(calls, 6, 'it failed: closed again for all')

  await clock.move(30_000)
  let release: (state: typeof up) => void = () => undefined
  answer = () => new Promise((resolve) => (release = resolve))
  const probe = provider.inspect(instance, never)
  t.match(await caught(provider.inspect(instance, never)), { kind: 'unavailable' }, 'only one at a time')
  release(up)
  t.same(await probe, up)
  answer = async () => up
  t.same(await provider.inspect(instance, never), up)
  t.match(told, [{ reason: 'ProviderUnavailable' }, { reason: 'ProviderAvailable' }], 'each change is told once')
})

t.test('a refusal is an answer: it does not add up to unavailable', async (t) => {
  let calls = 0
  const { provider, told } = guarded(async () => {
    calls += 1
    throw calls % 4 === 0 ? new ProviderError('not-found', 'none', 'gone') : down()
  })
  for (let i = 0; i < 20; i++) await caught(provider.inspect(instance, never))
  t.equal(calls, 20)
  t.same(told, [])
})

t.test('an aborted probe lets the next call try', async (t) => {
  let isHanging = false
  const { provider, clock } = guarded(async (_instance, signal) => {
    if (!isHanging) throw down()
    return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
  })
  for (let i = 0; i < 5; i++) await caught(provider.inspect(instance, never))
  await clock.move(30_000)
  isHanging = true
  const own = new AbortController()
  const probe = caught(provider.inspect(instance, own.signal))
  own.abort(new Error('stop'))
  await probe
  isHanging = false
  t.match(await caught(provider.inspect(instance, never)), { message: 'down' })
})

t.test('the cloud is left alone for as long as it asks', async (t) => {
  let calls = 0
  const { provider, clock, told } = guarded(async () => {
    calls += 1
    if (calls === 1) throw new ProviderError('throttled', 'none', 'slow down', { retryAfterMs: 7_000 })
    return up
  })
  await caught(provider.inspect(instance, never))
  await clock.move(6_999)
  t.match(await caught(provider.step([order], undefined, never)), {
    kind: 'throttled',
    effect: 'none',
    retryAfterMs: 1,
  })
  await clock.move(1)
  t.same(await provider.inspect(instance, never), up)
  t.match(told, [{ reason: 'ProviderThrottled', fields: { retryAfterMs: 7_000 } }])
})

t.test('what a provider can not do, its guarded self can not do either', async (t) => {
  const { provider } = guarded(async () => up)
  t.notOk('capture' in provider || 'switch' in provider || 'report' in provider)
})

t.test('a call leaves neither a listener nor a byte on the signal of its caller', async (t) => {
  const { signal } = new AbortController()
  const { provider } = guarded(async () => up)
  const bytes = await heapGrowthPerCall(10_000, () => provider.inspect(instance, signal))
  t.equal(getEventListeners(signal, 'abort').length, 0)
  t.ok(bytes < 20, `${bytes} bytes a call`)
})

t.test('every call of the contract is there behind the guard, and reaches the provider as itself', async (t) => {
  const { clock } = guarded(async () => up)
  const asked: string[] = []
  const answers: Readonly<Record<Call, unknown>> = {
    notOurs: 'it is of another cloud',
    members: { unsure: 'it is being made' },
    plan: [],
    locate: { found: instance },
    inspect: up,
    capture: { summary: 'x' },
    step: { state: 'done' },
    recover: { state: 'done' },
    abandon: { state: 'done' },
    switch: { on: true, reason: '' },
    examine: [{ what: 'nova', state: 'ok', message: 'answers' }],
    forget: undefined,
    report: undefined,
  }
  const whole: Record<string, unknown> = { name: 'whole' }
  for (const [name, answer] of Object.entries(answers)) {
    whole[name] = function (this: unknown) {
      if (this === whole) asked.push(name)
      return name === 'plan' || name === 'forget' || name === 'notOurs' ? answer : Promise.resolve(answer)
    }
  }
  const provider = guardProvider(whole as unknown as CloudProvider, { clock, tell: () => undefined })
  const health = { healthy: true, nodes: new Map() }
  const facts = { name: 'n' } as NodeFacts
  t.same(
    {
      notOurs: provider.notOurs?.(facts),
      members: await provider.members?.(never),
      plan: provider.plan(up),
      locate: await provider.locate(facts, never),
      inspect: await provider.inspect(instance, never),
      capture: await provider.capture?.(instance, never),
      step: await provider.step([order], undefined, never),
      recover: await provider.recover([order], undefined, never),
      abandon: await provider.abandon([order], undefined, never),
      switch: await provider.switch?.(never),
      examine: await provider.examine?.(never),
      forget: provider.forget?.(),
      report: await provider.report?.(health, never),
    },
    answers,
  )
  t.same(asked.sort(), Object.keys(answers).sort())
})
