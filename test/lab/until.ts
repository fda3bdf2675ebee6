import { setTimeout as delay } from 'node:timers/promises'

/** Looks twice a second until `look` gives something; fails with what it is that did not come, and the last error. */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined | false> | T | undefined | false,
  limitMs: number,
  everyMs = 500,
): Promise<T> {
  const deadline = performance.now() + limitMs
  let last = ''
  for (;;) {
    try {
      const seen = await look()
      if (seen !== undefined && seen !== false) return seen
      last = ''
    } catch (thrown) {
      last = `: ${thrown instanceof Error ? thrown.message : String(thrown)}`
    }
    if (performance.now() > deadline) throw new Error(`not within ${Math.round(limitMs / 1_000)} s: ${what}${last}`)
    await delay(everyMs)
  }
}
