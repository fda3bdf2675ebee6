import { getEventListeners } from 'node:events'
import t from 'tap'
import { createLinked, sleepUnless, unlessAborted, withTimeout } from '../../src/lib/abort.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { heapGrowthPerCall } from '../support/heap-growth.ts'

const listeners = (signal: AbortSignal): number => getEventListeners(signal, 'abort').length
const forEver = new Promise<never>(() => undefined)
const late = (): Error => new Error('too late')

t.test('a linked controller aborts with the first of its parents and with its reason', async (t) => {
  const [first, second] = [new AbortController(), new AbortController()]
  const linked = createLinked([first.signal, second.signal])
  second.abort(new Error('second'))
  t.match(linked.signal.reason, { message: 'second' })
  t.equal(listeners(first.signal), 0, 'and leaves nothing on the others')
  t.match(createLinked([first.signal, second.signal]).signal.reason, { message: 'second' }, 'also one that came before')
})

t.test('a sleep ends at its time or at the first abort, and neither is an error', async (t) => {
  const [first, second] = [new AbortController(), new AbortController()]
  await sleepUnless(systemClock, 5, [first.signal, second.signal])
  t.equal(listeners(first.signal) + listeners(second.signal), 0)
  const sleeping = sleepUnless(systemClock, 60_000, [first.signal, second.signal])
  second.abort()
  await sleeping
  await sleepUnless(systemClock, 60_000, [second.signal])
  t.equal(listeners(first.signal) + listeners(second.signal), 0)
})

t.test('a sleep that the clock itself cannot do is an error', async (t) => {
  const broken = { sleep: () => Promise.reject(new Error('no timer')) }
  await t.rejects(sleepUnless(broken, 5, [new AbortController().signal]), { message: 'no timer' })
})

t.test('who stops waiting leaves the work to the others', async (t) => {
  const [one, other] = [new AbortController(), new AbortController()]
  let finish = (_: string): void => undefined
  const work = new Promise<string>((resolve) => {
    finish = resolve
  })
  const [left, stays] = [unlessAborted(work, one.signal), unlessAborted(work, other.signal)]
  one.abort(new Error('had enough'))
  await t.rejects(left, { message: 'had enough' })
  await t.rejects(unlessAborted(work, one.signal), { message: 'had enough' })
  finish('done')
  t.equal(await stays, 'done')
  t.equal(listeners(other.signal), 0)
})

t.test('work that fails after its waiter has left is no unhandled rejection', async () => {
  const gone = AbortSignal.abort(new Error('gone'))
  await unlessAborted(Promise.reject(new Error('failed')), gone).catch(() => undefined)
  await new Promise((resolve) => setImmediate(resolve))
})

t.test('a call ends in time even if it ignores its signal, and hears of it', async (t) => {
  const { signal } = new AbortController()
  let heard: AbortSignal | undefined
  const call = (inner: AbortSignal): Promise<never> => {
    heard = inner
    return forEver
  }
  await t.rejects(withTimeout(systemClock, { ms: 5, late }, call, signal), { message: 'too late' })
  t.match(heard?.reason, { message: 'too late' })
  t.equal(listeners(signal), 0)
})

t.test('an abort by the caller comes out as its reason, for a call that hangs too', async (t) => {
  const caller = new AbortController()
  const call = withTimeout(systemClock, { ms: 60_000, late }, () => forEver, caller.signal)
  caller.abort(new Error('stopped'))
  await t.rejects(call, { message: 'stopped' })
  t.equal(listeners(caller.signal), 0)
})

t.test('a call in time leaves neither a listener nor a byte on a signal that lives long', async (t) => {
  const { signal } = new AbortController()
  const bytes = await heapGrowthPerCall(10_000, () =>
    withTimeout(systemClock, { ms: 60_000, late }, async () => 1, signal),
  )
  t.equal(listeners(signal), 0)
  t.ok(bytes < 20, `${bytes} bytes a call`)
})
