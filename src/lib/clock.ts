import { setTimeout as delay } from 'node:timers/promises'

/** The machine's clocks. `now` is monotonic and keeps running while the process is frozen. Shape: core/ports.ts `Clock`. */
export const systemClock = {
  now: (): number => performance.now(),
  wall: (): number => Date.now(),
  sleep: async (ms: number, signal: AbortSignal): Promise<void> => {
    await delay(ms, undefined, { signal }).catch((thrown: unknown) => {
      signal.throwIfAborted()
      throw thrown
    })
  },
}
