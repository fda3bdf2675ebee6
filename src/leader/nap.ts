import type { Millis } from '../core/model/primitives.ts'
import type { Clock } from '../core/ports/clock.ts'

/** Sleeps, but not past the first abort among `wakers`. An abort is no error here. */
export async function nap(clock: Clock, ms: Millis, wakers: readonly AbortSignal[]): Promise<void> {
  if (wakers.some((waker) => waker.aborted)) return
  const stop = new AbortController()
  const wake = (): void => stop.abort()
  for (const waker of wakers) waker.addEventListener('abort', wake, { once: true })
  try {
    await clock.sleep(Math.max(0, ms), stop.signal)
  } catch (thrown) {
    if (!stop.signal.aborted) throw thrown
  } finally {
    for (const waker of wakers) waker.removeEventListener('abort', wake)
  }
}

/** Runs `call` for at most `ms`, even if it ignores its signal. */
export async function within<T>(
  clock: Clock,
  ms: Millis,
  call: (signal: AbortSignal) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  signal.throwIfAborted()
  const stop = new AbortController()
  const done = new AbortController()
  const forward = (): void => stop.abort(signal.reason)
  signal.addEventListener('abort', forward, { once: true })
  const cut = new Promise<never>((_, reject) => {
    stop.signal.addEventListener('abort', () => reject(stop.signal.reason), { once: true })
  })
  void nap(clock, ms, [done.signal, stop.signal]).then(() => {
    if (!done.signal.aborted) stop.abort(new DOMException(`no answer within ${ms} ms`, 'TimeoutError'))
  })
  try {
    return await Promise.race([call(stop.signal), cut])
  } finally {
    done.abort()
    signal.removeEventListener('abort', forward)
  }
}
