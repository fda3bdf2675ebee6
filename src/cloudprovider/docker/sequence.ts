import { z } from 'zod'
import type { Order, StepResult } from '../../core/model/order.ts'
import type { Json, Millis } from '../../core/model/primitives.ts'
import { ProviderError } from '../../core/ports/cloud-provider.ts'

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

/** `first`: nothing of this attempt stands yet, so an act that is still to come was never sent. */
export interface Act {
  readonly act: Cursor
  readonly first?: boolean
  readonly inMs?: Millis
}

export const WAIT_MS = 500

/**
 * A rung as a sequence of acts. What comes next is judged from the world alone, never from what was answered before:
 * so a successor goes on where the dead one stopped, and a late repeat finds nothing to do.
 */
export interface Sequence<World> {
  read(order: Order, cursor: Cursor | undefined, signal: AbortSignal): Promise<World>
  /** Pure. */
  look(world: World, order: Order, cursor: Cursor | undefined): Act | StepResult
  /** Exactly one mutating request. Answers with the cursor to look on with, where that is not the act's own. */
  perform(act: Cursor, world: World, order: Order, signal: AbortSignal): Promise<Cursor | undefined>
  /** Pure: what is still to be taken back. */
  undo(world: World, order: Order, cursor: Cursor | undefined): Act | StepResult
}

export async function stepOf<World>(
  sequence: Sequence<World>,
  order: Order,
  stored: Json | undefined,
  signal: AbortSignal,
): Promise<StepResult> {
  const cursor = parseCursor(stored)
  const world = await sequence.read(order, cursor, signal)
  const next = sequence.look(world, order, cursor)
  if (!('act' in next)) return next
  if (!isNamed(next, cursor)) return running(next)
  let hint: Cursor | undefined
  try {
    hint = await sequence.perform(next.act, world, order, signal)
  } catch (thrown) {
    if (cursor === undefined || !isFinal(thrown)) throw thrown
    return failed(`Refused: ${thrown.message}`, 'maybe')
  }
  return answer(sequence.look(await sequence.read(order, hint ?? next.act, signal), order, hint ?? next.act))
}

export async function recoverOf<World>(
  sequence: Sequence<World>,
  order: Order,
  stored: Json | undefined,
  signal: AbortSignal,
): Promise<StepResult> {
  const cursor = parseCursor(stored)
  const next = sequence.look(await sequence.read(order, cursor, signal), order, cursor)
  if ('act' in next && next.first) return { state: 'failed', reason: 'NotSent', effect: 'none' }
  return answer(next)
}

export async function abandonOf<World>(
  sequence: Sequence<World>,
  order: Order,
  stored: Json | undefined,
  signal: AbortSignal,
): Promise<StepResult> {
  const cursor = parseCursor(stored)
  const world = await sequence.read(order, cursor, signal)
  const next = sequence.undo(world, order, cursor)
  if (!('act' in next)) return next
  await sequence.perform(next.act, world, order, signal)
  return answer(sequence.undo(await sequence.read(order, cursor, signal), order, cursor))
}

export function wait(cursor: Cursor): StepResult {
  return { state: 'running', cursor, againMs: WAIT_MS }
}

export function failed(reason: string, effect: 'none' | 'maybe'): StepResult {
  return { state: 'failed', reason, effect }
}

/** Asking again for what the engine calls wrong would only keep the machine half-way. */
function isFinal(thrown: unknown): thrown is ProviderError {
  return thrown instanceof ProviderError && (thrown.kind === 'invalid' || thrown.kind === 'not-found')
}

function answer(next: Act | StepResult): StepResult {
  return 'act' in next ? running(next) : next
}

function running(next: Act): StepResult {
  return { state: 'running', cursor: next.act, againMs: next.inMs ?? 0 }
}

function isNamed(next: Act, cursor: Cursor | undefined): boolean {
  if (cursor === undefined) return next.first === true
  return cursor.at === next.act.at && cursor.network === next.act.network && cursor.exec === next.act.exec
}

function parseCursor(stored: Json | undefined): Cursor | undefined {
  if (stored === undefined) return undefined
  const parsed = Cursor.safeParse(stored)
  if (parsed.success) return parsed.data
  throw new ProviderError(
    'invalid',
    'none',
    `docker: cursor ${JSON.stringify(stored)}: ${z.prettifyError(parsed.error)}`,
  )
}
