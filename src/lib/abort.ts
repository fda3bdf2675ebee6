/** What these helpers need of a clock. Shape: core/ports/clock.ts `Clock`. */
export interface Sleeper {
  sleep(ms: number, signal: AbortSignal): Promise<void>
}

/** An AbortController that aborts together with the first of its parents. */
export interface Linked {
  readonly signal: AbortSignal
  abort(reason?: unknown): void
  /** Takes the listeners back. Call it when the work is over, or they stay on the parents for good. */
  unlink(): void
}

/**
 * `AbortSignal.any` by hand. On Node 20 each result of it leaves about 115 bytes on every parent, until that parent is
 * collected: https://github.com/nodejs/node/issues/55351. The parents here live as long as the process.
 */
export function createLinked(parents: readonly AbortSignal[]): Linked {
  const own = new AbortController()
  const unlink = (): void => {
    for (const parent of parents) parent.removeEventListener('abort', follow)
  }
  function follow(): void {
    unlink()
    own.abort(parents.find((parent) => parent.aborted)?.reason)
  }
  if (parents.some((parent) => parent.aborted)) follow()
  else for (const parent of parents) parent.addEventListener('abort', follow)
  return { signal: own.signal, abort: (reason) => own.abort(reason), unlink }
}

/** Sleeps `ms` (infinite: for ever), but not past the first abort among `wakers`. An abort is no error here. */
export async function sleepUnless(clock: Sleeper, ms: number, wakers: readonly AbortSignal[]): Promise<void> {
  const [only] = wakers
  const linked = wakers.length === 1 ? undefined : createLinked(wakers)
  const signal = linked?.signal ?? (only as AbortSignal)
  if (signal.aborted) return
  try {
    if (ms === Number.POSITIVE_INFINITY) await untilAborted(signal)
    else await clock.sleep(Math.max(0, ms), signal)
  } catch (thrown) {
    if (!signal.aborted) throw thrown
  } finally {
    linked?.unlink()
  }
}

/** Without a reason of its own, each abort makes an exception with a stack: more than all the rest of a call. */
const SETTLED = 'settled'

/** Resolves when the signal aborts. */
export function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

/** The outcome of `work`, or the reason of `signal` if that aborts first. The work itself goes on for whoever else waits for it. */
export function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason)
    const settle = (): void => signal.removeEventListener('abort', stop)
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop)
    void work.finally(settle).then(resolve, reject)
  })
}

/**
 * Runs `call` for at most `ms`, even if it ignores its signal. After that its signal aborts with `late()`, and so does
 * the promise; an abort of `signal` comes out as its reason.
 */
export async function withTimeout<T>(
  clock: Sleeper,
  { ms, late }: { readonly ms: number; readonly late: () => Error },
  call: (signal: AbortSignal) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  signal.throwIfAborted()
  const inner = createLinked([signal])
  const settled = new AbortController()
  clock.sleep(ms, settled.signal).then(
    () => inner.abort(late()),
    (thrown: unknown) => settled.signal.aborted || inner.abort(thrown),
  )
  try {
    return await unlessAborted(call(inner.signal), inner.signal)
  } finally {
    settled.abort(SETTLED)
    inner.unlink()
  }
}
