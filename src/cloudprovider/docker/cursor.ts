import { z } from 'zod'
import type { Order, StepResult } from '../../core/model/order.ts'
import type * as contract from '../contract/sequence.ts'
import { running } from '../contract/sequence.ts'

/** Names the one request that comes next, or what is waited for. Kept small: it is stored before each act. */
export const Cursor = z.object({
  at: z.string(),
  /** Wall clock: waits no longer than this. A wrong clock costs patience, nothing else. */
  by: z.number().optional(),
  /** We stopped the old machine in this attempt. */
  stopped: z.literal(true).optional(),
  network: z.string().optional(),
  exec: z.string().optional(),
})
export type Cursor = z.output<typeof Cursor>
export type Act = contract.Act<Cursor>
/** No plan carries a batchKey: one order at a time. */
export type Sequence<World> = contract.Sequence<Cursor, World, Order>

const WAIT_MS = 500

export function wait(cursor: Cursor): StepResult {
  return running(cursor, WAIT_MS)
}
