import type { Clock } from '../../../src/core/ports/clock.ts'

const TICK_MS = 1
const LONGEST_STEP_MS = 10

/**
 * A clock for whole clusters in one process: it runs `speed` times as fast as the machine's while the event loop keeps up,
 * and slower when it does not. A starved test machine then costs time, but never a lease.
 */
export function createSteadyClock(speed: number): Clock & { stop(): void } {
  const zero = Date.now()
  const due = new Map<number, Set<() => void>>()
  let now = 0
  let at = performance.now()

  function tick(): void {
    const real = performance.now()
    const before = Math.floor(now)
    now += Math.min((real - at) * speed, LONGEST_STEP_MS)
    at = real
    for (let ms = before + 1; ms <= now; ms++) {
      const wakers = due.get(ms)
      due.delete(ms)
      for (const wake of wakers ?? []) wake()
    }
  }
  const timer = setInterval(tick, TICK_MS)

  return {
    now: () => now,
    wall: () => zero + now,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason)
        const moment = Math.floor(now) + Math.max(1, Math.ceil(ms))
        const wakers = due.get(moment) ?? new Set()
        const abort = (): void => {
          wakers.delete(wake)
          reject(signal.reason)
        }
        const wake = (): void => {
          signal.removeEventListener('abort', abort)
          resolve()
        }
        signal.addEventListener('abort', abort, { once: true })
        due.set(moment, wakers.add(wake))
      }),
    stop: () => clearInterval(timer),
  }
}
