import type { Millis } from '../../core/model/primitives.ts'
import type { Clock } from '../../core/ports/clock.ts'
import { createLinked } from '../../lib/abort.ts'
import { KubeError } from '../client/http.ts'

/** One for all, since nobody reads it: each error of its own would bring a stack. */
const DONE = new KubeError(0, 'Done', 'kube: the work is done')

/**
 * Runs `work`, and aborts the signal it is given with a KubeError `Silent` once `limitMs` have passed without a call of
 * `alive`. The kernel reports a connection whose other end has vanished after minutes, or never.
 */
export async function unlessSilent<T>(
  what: string,
  options: { readonly clock: Clock; readonly limitMs: Millis },
  work: (signal: AbortSignal, alive: () => void) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  signal.throwIfAborted()
  const { clock, limitMs } = options
  const stop = createLinked([signal])
  let heardAt = clock.now()

  async function watchdog(): Promise<void> {
    while (!stop.signal.aborted) {
      const left = heardAt + limitMs - clock.now()
      if (left <= 0) stop.abort(new KubeError(0, 'Silent', `kube: ${what}: silent for ${limitMs} ms`))
      else await clock.sleep(left, stop.signal)
    }
  }

  const watching = watchdog().catch((thrown: unknown) => {
    if (!stop.signal.aborted) throw thrown
  })
  try {
    return await work(stop.signal, () => {
      heardAt = clock.now()
    })
  } finally {
    stop.unlink()
    stop.abort(DONE)
    await watching
  }
}
