import { z } from 'zod'
import type { Replacement, StepResult } from '../../../core/model/order.ts'
import type * as contract from '../../contract/sequence.ts'
import { running } from '../../contract/sequence.ts'

/** Names the one request that comes next, or what is waited for. At most 1 KiB: it is stored before each act. */
export const Cursor = z.object({
  at: z.string(),
  /** The server or stack resource that the act is about. */
  id: z.string().optional(),
  volume: z.string().optional(),
  /** Wall clock: waits no longer than this. A wrong clock costs patience, nothing else. */
  by: z.number().optional(),
  /** Servers that we stopped in this attempt. */
  stopped: z.array(z.string()).optional(),
  /** `SERVER:VOLUME` that we detached in this attempt, the server by its first eight digits. */
  detached: z.array(z.string()).optional(),
  /** Of a worker: the highest member of the group before the resize. Of a master: its own place. */
  index: z.number().optional(),
  /** When the stack had been updated last before our own update. */
  since: z.string().optional(),
  /** The group's members are named by index, because the ids were ignored. */
  byIndex: z.literal(true).optional(),
  tries: z.number().optional(),
  /** Of a group of Cluster API's: its size before, and so many machines more for a while. */
  count: z.number().optional(),
  more: z.number().optional(),
  /** Stopping is over, whether or not everything stopped. */
  late: z.literal(true).optional(),
})
export type Cursor = z.output<typeof Cursor>

export type Act = contract.Act<Cursor>
export type Sequence<World> = contract.Sequence<Cursor, World>

export const WAIT_MS = 2_000
/** A proxy before Nova or Magnum gives up after a minute, and what is behind it may still be at work until then. */
export const LATE_MS = 60_000

/** Still waiting: the cursor stays what it is. */
export function wait(cursor: Cursor | undefined, fallback = 'wait'): StepResult {
  return running(cursor ?? { at: fallback }, WAIT_MS)
}

/** By the orders' keys. */
export function done(replacements?: ReadonlyMap<string, Replacement>): StepResult {
  const [first, ...others] = replacements?.values() ?? []
  if (replacements === undefined || first === undefined) return { state: 'done' }
  if (others.length === 0) return { state: 'done', replacement: first }
  return { state: 'done', replacement: first, replacements: Object.fromEntries(replacements) }
}
