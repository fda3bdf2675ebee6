import type { Millis } from '../../core/model/primitives.ts'

export interface BreakerOptions {
  /** So many failures in a row open it. */
  readonly threshold: number
  /** Stays open so long; then one call may try. */
  readonly openMs: Millis
}

export type BreakerChange = 'opened' | 'closed' | undefined

/** Stops calls to something that does not answer, and lets one through from time to time. */
export interface Breaker {
  /** How long a call would have to wait; 0 = go. Whoever gets 0 must report back. */
  enter(now: Millis): Millis
  succeed(): BreakerChange
  fail(now: Millis): BreakerChange
  /** The call ended without a word about the other side (we aborted it). */
  leave(): void
}

export function createBreaker({ threshold, openMs }: BreakerOptions): Breaker {
  let failures = 0
  let openUntil: Millis | undefined
  let isProbing = false
  return {
    enter(now) {
      if (openUntil === undefined) return 0
      if (now < openUntil) return openUntil - now
      if (isProbing) return openMs
      isProbing = true
      return 0
    },
    succeed() {
      const wasOpen = openUntil !== undefined
      failures = 0
      openUntil = undefined
      isProbing = false
      return wasOpen ? 'closed' : undefined
    },
    fail(now) {
      const wasOpen = openUntil !== undefined
      failures += 1
      isProbing = false
      if (!wasOpen && failures < threshold) return undefined
      openUntil = now + openMs
      return wasOpen ? undefined : 'opened'
    },
    leave() {
      isProbing = false
    },
  }
}
