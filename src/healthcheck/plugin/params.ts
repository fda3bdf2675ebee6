import { z } from 'zod'
import { durationText } from '../../lib/schema/duration.ts'

/** Zero would fail every node at once, and timers overflow after 24 days into the same. */
export const Timeout = durationText({ min: '10ms', max: '5m' })

/** What every plugin accepts: spread into its own strict object. */
export const commonParams = {
  unhealthyDuration: durationText().default('300s').describe('a node is unhealthy after failing for this long'),
  healthyDuration: durationText().default('0s').describe('passes shorter than this do not interrupt a failure'),
  timeout: Timeout.default('5s').describe('of one look at one node'),
  concurrency: z.int().min(1).max(1_000).default(50).describe('nodes looked at side by side'),
}

export interface CommonOptions {
  readonly unhealthyDuration: string
  readonly healthyDuration: string
  readonly timeout: string
  readonly concurrency: number
}
