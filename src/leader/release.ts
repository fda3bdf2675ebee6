import type { Tell } from '../core/ports/log.ts'
import { asError } from '../lib/errors.ts'
import type { Lock } from './lock.ts'

/** The locks of others first: the replica that gets our own Lease afterwards finds them free. */
export async function releaseAll(locks: readonly Lock[], tell: Tell): Promise<void> {
  for (const lock of [...locks].reverse()) {
    if (lock.validUntil === undefined) continue
    try {
      // Shutdown has aborted every other signal by now; the lock bounds the request itself.
      await lock.release(new AbortController().signal)
    } catch (thrown) {
      const message = `${lock.name} was not released and will expire: ${asError(thrown).message}`
      tell({ level: 'warn', reason: 'LeaseNotReleased', message })
    }
  }
}
