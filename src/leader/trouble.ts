import type { Tell } from '../core/ports/log.ts'
import { createOnce } from '../lib/once.ts'

/** Says once that the API server cannot be asked, and once that it can again. */
export interface Trouble {
  met(lock: string, error: Error): void
  over(): void
}

export function createTrouble(tell: Tell): Trouble {
  const isNew = createOnce()
  return {
    met(lock, error) {
      const message = `${lock}: ${error.message}`
      tell({ level: isNew(message) ? 'warn' : 'debug', reason: 'LeaseUnreachable', message })
    },
    over() {
      if (isNew(undefined))
        tell({ level: 'info', reason: 'LeaseReachable', message: 'the election Lease answers again' })
    },
  }
}
