import { ProviderError } from '../../core/ports/cloud-provider.ts'
import { createLinked } from '../../lib/abort.ts'

/** Under which a request that changes something is sent. It aborts like any other, and says whether heald may still act. */
export interface ActSignal extends AbortSignal {
  readonly isOver: () => boolean
}

/**
 * Runs `act` under a signal that is over when `isOver` says so. That is asked, not awaited: of a process that was frozen nobody
 * knows whether its timer or the answer that it waited for comes first.
 */
export async function whileDue<T>(
  isOver: () => boolean,
  act: (signal: ActSignal) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const inner = createLinked([signal])
  try {
    return await act(Object.assign(inner.signal, { isOver }))
  } finally {
    inner.unlink()
  }
}

/** Right before the request is sent: what came between (logging in, looking up a version) took its time. */
export function refuseLate(what: string, signal: ActSignal): void {
  if (signal.isOver()) throw new ProviderError('unavailable', 'none', `${what}: the fence had ended before it was sent`)
}
