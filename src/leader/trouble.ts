import type { Tell } from '../core/ports/log.ts'

/** Says once that the API server cannot be asked, and once that it can again. */
export interface Trouble {
  met(lock: string, error: Error): void
  over(): void
}

export function createTrouble(tell: Tell): Trouble {
  let last = ''
  return {
    met(lock, error) {
      const message = `${lock}: ${error.message}`
      tell({ level: last === message ? 'debug' : 'warn', reason: 'LeaseUnreachable', message })
      last = message
    },
    over() {
      if (last !== '') tell({ level: 'info', reason: 'LeaseReachable', message: 'the election Lease answers again' })
      last = ''
    },
  }
}
