import { z } from 'zod'
import { parseDuration } from '../../lib/pure/duration.ts'

const LONGEST_TIMEOUT_MS = 300_000
const SHORTEST_TIMEOUT_MS = 10

/** Text on both sides: a schema without transforms may read its own output again. */
export const Duration = z.string().refine((text) => parseDuration(text) !== undefined, {
  error: 'not a duration; write it as 90s, 5m or 1h30m',
})

/** Zero would fail every node at once, and timers overflow after 24 days into the same. */
export const Timeout = Duration.refine(
  (text) => {
    const ms = parseDuration(text) ?? SHORTEST_TIMEOUT_MS
    return ms >= SHORTEST_TIMEOUT_MS && ms <= LONGEST_TIMEOUT_MS
  },
  { error: 'out of range; from 10ms to 5m' },
)

/** What every plugin accepts: spread into its own strict object. */
export const commonParams = {
  unhealthyDuration: Duration.default('300s').describe('a node is unhealthy after failing for this long'),
  healthyDuration: Duration.default('0s').describe('passes shorter than this do not interrupt a failure'),
  timeout: Timeout.default('5s').describe('of one look at one node'),
  concurrency: z.int().min(1).max(1_000).default(50).describe('nodes looked at side by side'),
}

export interface CommonOptions {
  readonly unhealthyDuration: string
  readonly healthyDuration: string
  readonly timeout: string
  readonly concurrency: number
}

/** Of a text that `Duration` let through. */
export function toMs(duration: string): number {
  const ms = parseDuration(duration)
  if (ms === undefined) throw new TypeError(`healthcheck: not a duration: ${duration}`)
  return ms
}
