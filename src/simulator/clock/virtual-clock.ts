import { setImmediate as turn } from 'node:timers/promises'
import type { Millis } from '../../core/model/primitives.ts'
import type { Clock } from '../../core/ports/clock.ts'

export interface VirtualClock extends Clock {
  /** Lets `ms` pass: wakes every sleeper on the way, in order, and lets each finish what it does before the next. */
  advance(ms: Millis): Promise<void>
}

interface Sleeper {
  readonly at: Millis
  wake(): void
}

/** Time that passes only when told to. */
export function createVirtualClock(wallAtStart: Millis = Date.parse('2026-01-01T00:00:00Z')): VirtualClock {
  const sleepers = new Set<Sleeper>()
  let now = 0

  function next(until: Millis): Sleeper | undefined {
    let first: Sleeper | undefined
    for (const sleeper of sleepers)
      if (sleeper.at <= until && (first === undefined || sleeper.at < first.at)) first = sleeper
    return first
  }

  return {
    now: () => now,
    wall: () => wallAtStart + now,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason)
        const stop = (): void => {
          sleepers.delete(sleeper)
          reject(signal.reason)
        }
        const sleeper: Sleeper = {
          at: now + Math.max(0, ms),
          wake: () => {
            sleepers.delete(sleeper)
            signal.removeEventListener('abort', stop)
            resolve()
          },
        }
        sleepers.add(sleeper)
        signal.addEventListener('abort', stop, { once: true })
      }),
    async advance(ms) {
      const until = now + ms
      await turn()
      for (let sleeper = next(until); sleeper !== undefined; sleeper = next(until)) {
        now = Math.max(now, sleeper.at)
        sleeper.wake()
        await turn()
      }
      now = until
    },
  }
}
