import type { Millis } from '../core/model/primitives.ts'
import type { Clock } from '../core/ports/clock.ts'
import { formatDuration } from '../lib/pure/duration.ts'

/** Watches that the loop turns. A restart heals a stuck loop; it heals neither a dead API server nor a lost lease. */
export interface Liveness {
  /** Called by the loop, leading or not, every time it comes round. */
  tick(): void
  /** Why a restart would help; undefined while none would. */
  complaint(): string | undefined
}

export interface LivenessOptions {
  readonly clock: Clock
  readonly staleAfterMs: Millis
  /** While shutting down a running step is waited for: being killed then is what must not happen. */
  readonly shutdown: AbortSignal
  /** A loop that is dead. That is said during a shutdown too. */
  readonly failure?: () => Error | undefined
}

export function createLiveness({ clock, staleAfterMs, shutdown, failure }: LivenessOptions): Liveness {
  let tickedAt = clock.now()
  return {
    tick() {
      tickedAt = clock.now()
    },
    complaint() {
      const dead = failure?.()
      if (dead !== undefined) return `a loop is dead: ${dead.message}`
      const age = clock.now() - tickedAt
      if (shutdown.aborted || age <= staleAfterMs) return undefined
      return `the loop has not come round for ${formatDuration(age)} (allowed: ${formatDuration(staleAfterMs)})`
    },
  }
}
