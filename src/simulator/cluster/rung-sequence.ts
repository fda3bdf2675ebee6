import type { Order, StepResult } from '../../core/model/order.ts'
import type { Json } from '../../core/model/primitives.ts'
import type { RungName } from '../../core/model/rungs.ts'
import { ProviderError } from '../../core/ports/cloud-provider.ts'

/** `first`: nothing of this order has been sent yet, so it can still be said that it never was. */
export interface Next {
  readonly act: string
  readonly first: boolean
  readonly perform: () => void
}

/** A rung as acts that are judged from the world alone, so that a successor goes on where a dead leader stopped. */
export interface Sequence {
  /** Reads only. `started`: a step of this order was named before. */
  look(order: Order, started: boolean): Next | StepResult
  /** What is still to be taken back. */
  undo(order: Order): Next | StepResult
}

export type Sequences = Readonly<Record<RungName, Sequence>>

const LOOK_AGAIN_MS = 100

export function stepOf(sequences: Sequences, orders: readonly Order[], cursor: Json | undefined): StepResult {
  const { order, sequence } = choose(sequences, orders)
  const next = sequence.look(order, cursor !== undefined)
  if (!('act' in next)) return next
  if (!(next.first && cursor === undefined) && !isNamed(next, cursor)) return named(next)
  next.perform()
  return answer(sequence.look(order, true))
}

export function recoverOf(sequences: Sequences, orders: readonly Order[], cursor: Json | undefined): StepResult {
  const { order, sequence } = choose(sequences, orders)
  const next = sequence.look(order, cursor !== undefined)
  if ('act' in next && next.first) return { state: 'failed', reason: 'NotSent', effect: 'none' }
  return answer(next)
}

export function abandonOf(sequences: Sequences, orders: readonly Order[], _cursor: Json | undefined): StepResult {
  const { order, sequence } = choose(sequences, orders)
  const next = sequence.undo(order)
  if (!('act' in next)) return next
  next.perform()
  return answer(sequence.undo(order))
}

/** Named by the act that comes afterwards, if there is one: it is stored once, before the wait, and not again after it. */
export function wait(next = 'wait'): StepResult {
  return { state: 'running', cursor: { at: next }, againMs: LOOK_AGAIN_MS }
}

function choose(sequences: Sequences, orders: readonly Order[]): { order: Order; sequence: Sequence } {
  const [order, ...others] = orders
  if (order === undefined || others.length > 0) {
    throw new ProviderError('unsupported', 'none', `pretend: ${orders.length} orders in one step: takes exactly one`)
  }
  return { order, sequence: sequences[order.rung] }
}

function isNamed(next: Next, cursor: Json | undefined): boolean {
  return typeof cursor === 'object' && cursor !== null && 'at' in cursor && cursor.at === next.act
}

function answer(next: Next | StepResult): StepResult {
  return 'act' in next ? named(next) : next
}

function named(next: Next): StepResult {
  return { state: 'running', cursor: { at: next.act }, againMs: 0 }
}
