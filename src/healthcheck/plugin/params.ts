import { z } from 'zod'
import { durationText } from '../../lib/schema/duration.ts'

/** Zero would fail every node at once, and timers overflow after 24 days into the same. */
export const Timeout = durationText({ min: '10ms', max: '5m' })

/** What every plugin accepts: spread into its own strict object. */
export const commonParams = {
  unhealthyDuration: durationText().default('300s').describe('a node is unhealthy after failing for this long'),
  healthyDuration: durationText().default('30s').describe('passes shorter than this do not interrupt a failure'),
  flapping: z
    .strictObject({
      changes: z
        .int()
        .max(100)
        .refine((changes) => changes === 0 || changes >= 4, { error: 'expected 0 (off), or from 4 to 100' })
        .default(6)
        .describe('so many changes from pass to fail or back within the window are a fault; 0: they are not counted'),
      window: durationText({ min: '1m', max: '7d' })
        .default('30m')
        .describe('in which they are counted, and which must be quiet before the node counts as well again'),
    })
    .prefault({})
    .describe('when going to and fro is a fault of its own'),
  timeout: Timeout.default('5s').describe('of one look at one node'),
  concurrency: z.int().min(1).max(1_000).default(50).describe('nodes looked at side by side'),
}

export interface CommonOptions {
  readonly unhealthyDuration: string
  readonly healthyDuration: string
  readonly flapping: { readonly changes: number; readonly window: string }
  readonly timeout: string
  readonly concurrency: number
}
