import { availableParallelism, loadavg } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'

/**
 * Looks twice a second until `look` gives something; fails with what it is that did not come, and the last error. `limitMs` is
 * meant for a machine that does nothing else: where more wants to run than it can, time counts for so much less.
 */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined | false> | T | undefined | false,
  limitMs: number,
  everyMs = 500,
  slowness: () => number = measuredSlowness,
): Promise<T> {
  let waitedMs = 0
  let last = ''
  for (;;) {
    const lookedAt = performance.now()
    try {
      const seen = await look()
      if (seen !== undefined && seen !== false) return seen
      last = ''
    } catch (thrown) {
      last = `: ${thrown instanceof Error ? thrown.message : String(thrown)}`
    }
    if (waitedMs > limitMs) throw new Error(`not within ${Math.round(limitMs / 1_000)} s: ${what}${last}`)
    await delay(everyMs)
    waitedMs += (performance.now() - lookedAt) / slowness()
  }
}

/** How many times as long as alone each process takes, by those that have wanted to run in the last minute. */
function measuredSlowness(): number {
  return Math.max(1, (loadavg()[0] ?? 0) / availableParallelism())
}
