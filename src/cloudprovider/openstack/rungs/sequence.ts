import { z } from 'zod'
import type { Order, Replacement, StepResult } from '../../../core/model/order.ts'
import type { Json, Millis } from '../../../core/model/primitives.ts'
import { ProviderError } from '../../../core/ports/cloud-provider.ts'

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

/**
 * `first`: nothing of this attempt stands yet, so an act that is still to come was never sent. `now` may go out at
 * once; `named` must have been stored before, because only the cursor lets a successor take it back.
 */
export interface Act {
  readonly act: Cursor
  readonly first?: 'now' | 'named'
}

export const WAIT_MS = 2_000

/**
 * A rung as a sequence of acts. What comes next is judged from the world, never from what was answered before: so a
 * successor goes on where the dead one stopped, and a late repeat finds nothing to do.
 */
export interface Sequence<World> {
  read(orders: readonly Order[], cursor: Cursor | undefined, signal: AbortSignal): Promise<World>
  /** Pure. */
  look(world: World, orders: readonly Order[], cursor: Cursor | undefined): Act | StepResult
  /** Exactly one mutating request. Answers with the cursor to look on with, where that is not the act's own. */
  perform(act: Cursor, world: World, orders: readonly Order[], signal: AbortSignal): Promise<Cursor | undefined>
  /** Pure: what is still to be taken back. */
  undo(world: World, orders: readonly Order[], cursor: Cursor | undefined): Act | StepResult
}

export interface Runner {
  step(orders: readonly Order[], stored: Json | undefined, signal: AbortSignal): Promise<StepResult>
  recover(orders: readonly Order[], stored: Json | undefined, signal: AbortSignal): Promise<StepResult>
  abandon(orders: readonly Order[], stored: Json | undefined, signal: AbortSignal): Promise<StepResult>
}

export function runnerOf<World>(sequence: Sequence<World>): Runner {
  const { read, look, perform, undo } = sequence
  return {
    async step(orders, stored, signal) {
      const cursor = parseCursor(stored)
      const world = await read(orders, cursor, signal)
      const next = look(world, orders, cursor)
      if (!('act' in next)) return next
      if (!isNamed(next, cursor)) return running(next.act, 0)
      try {
        return running((await perform(next.act, world, orders, signal)) ?? next.act)
      } catch (thrown) {
        if (!(thrown instanceof ProviderError)) throw thrown
        if (thrown.kind === 'conflict') {
          // Something has changed between our look and our act: look again before it counts as a refusal.
          const now = look(await read(orders, cursor, signal), orders, cursor)
          if (!('act' in now)) return now
          if (!isNamed(now, cursor)) return running(now.act)
        }
        if (cursor !== undefined && isFinal(thrown)) return failed(`Refused: ${thrown.message}`, 'maybe')
        throw thrown
      }
    },
    async recover(orders, stored, signal) {
      const cursor = parseCursor(stored)
      const next = look(await read(orders, cursor, signal), orders, cursor)
      if (!('act' in next)) return next
      return next.first !== undefined && cursor === undefined ? failed('NotSent', 'none') : running(next.act, 0)
    },
    async abandon(orders, stored, signal) {
      const cursor = parseCursor(stored)
      const world = await read(orders, cursor, signal)
      const next = undo(world, orders, cursor)
      if (!('act' in next)) return next
      await perform(next.act, world, orders, signal)
      return running(cursor ?? { at: 'undo' })
    },
  }
}

/** Still waiting: the cursor stays what it is. */
export function wait(cursor: Cursor | undefined, fallback = 'wait'): StepResult {
  return running(cursor ?? { at: fallback })
}

export function failed(reason: string, effect: 'none' | 'maybe'): StepResult {
  return { state: 'failed', reason, effect }
}

/** By the orders' keys. */
export function done(replacements?: ReadonlyMap<string, Replacement>): StepResult {
  const [first, ...others] = replacements?.values() ?? []
  if (replacements === undefined || first === undefined) return { state: 'done' }
  if (others.length === 0) return { state: 'done', replacement: first }
  return { state: 'done', replacement: first, replacements: Object.fromEntries(replacements) }
}

/** Asking again for what the cloud calls wrong would only keep the machine half-way. */
function isFinal({ kind }: ProviderError): boolean {
  return kind === 'invalid' || kind === 'not-found' || kind === 'unsupported'
}

function running(cursor: Cursor, againMs: Millis = WAIT_MS): StepResult {
  return { state: 'running', cursor, againMs }
}

function isNamed({ act, first }: Act, cursor: Cursor | undefined): boolean {
  if (cursor === undefined) return first === 'now'
  return cursor.at === act.at && cursor.id === act.id && cursor.volume === act.volume && cursor.tries === act.tries
}

function parseCursor(stored: Json | undefined): Cursor | undefined {
  if (stored === undefined) return undefined
  const parsed = Cursor.safeParse(stored)
  if (parsed.success) return parsed.data
  throw new ProviderError('invalid', 'none', `openstack: a cursor that is none of ours: ${JSON.stringify(stored)}`)
}
