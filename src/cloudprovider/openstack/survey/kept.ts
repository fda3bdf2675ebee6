import type { Millis } from '../../../core/model/primitives.ts'
import type { Clock } from '../../../core/ports/clock.ts'
import { unlessAborted } from '../../../lib/abort.ts'

/** Answers that serve everybody who asks for the same at about the same time. */
export interface Kept<T> {
  /** One that is under way, or was read at most `freshMs` ago; else asks. */
  get(key: string, signal: AbortSignal): Promise<T>
  /** Whoever asks from now on gets what is asked for from now on. */
  forget(): void
}

export interface KeptOptions<T> {
  readonly clock: Clock
  readonly freshMs: Millis
  readonly read: (key: string, signal: AbortSignal) => Promise<T>
}

export function createKept<T>({ clock, freshMs, read }: KeptOptions<T>): Kept<T> {
  const kept = new Map<string, { readonly at: Millis; readonly value: T }>()
  const running = new Map<string, Promise<T>>()

  async function run(key: string): Promise<T> {
    // Not the signal of who asked first: he may give up, the others still want it. Each request has its own end in time.
    const asking = read(key, new AbortController().signal)
    running.set(key, asking)
    try {
      const value = await asking
      if (running.get(key) === asking) kept.set(key, { at: clock.now(), value })
      return value
    } finally {
      if (running.get(key) === asking) running.delete(key)
    }
  }

  return {
    async get(key, signal) {
      signal.throwIfAborted()
      const known = kept.get(key)
      if (known !== undefined && clock.now() - known.at < freshMs) return known.value
      return unlessAborted(running.get(key) ?? run(key), signal)
    },
    forget() {
      kept.clear()
      running.clear()
    },
  }
}
