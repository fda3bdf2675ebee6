import { setImmediate } from 'node:timers/promises'

const READY = Promise.resolve()

/**
 * Calls `next` again and again until it says no. Before each call everything that the one before made ready has been
 * done: no promise is left whose continuation could run. Node runs what is put off by `nextTick` from inside a promise's
 * continuation only after the last of those. Not waited for: sockets, files, timers of the machine.
 */
export function eachWhenQuiet(next: () => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    // No promise per call: this is what a simulation does most.
    const rearm = (): void => process.nextTick(step)
    const step = (): void => {
      try {
        if (next()) void READY.then(rearm)
        else resolve()
      } catch (thrown) {
        reject(thrown)
      }
    }
    void READY.then(rearm)
  })
}

/** One turn of the event loop: sockets, files and timers of the machine get their chance. */
export async function turn(): Promise<void> {
  await setImmediate()
}
