import type { z } from 'zod'
import type { DueOrder, Order, StepResult } from '../../core/model/order.ts'
import type { Json, Millis } from '../../core/model/primitives.ts'
import type { RungName } from '../../core/model/rungs.ts'
import type { Clock } from '../../core/ports/clock.ts'
import { type CloudProvider, ProviderError } from '../../core/ports/cloud-provider.ts'
import { type ActSignal, whileDue } from './act-signal.ts'

/** Names the one request that comes next, or what is waited for. At most 1 KiB as JSON: it is stored before each act. */
export interface CursorBase {
  readonly at: string
}

/**
 * `first`: nothing of this attempt stands yet, so an act that is still to come was never sent. `now` may go out at
 * once; `named` must have been stored before, because only the cursor lets a successor take it back.
 */
export interface Act<C> {
  readonly act: C
  readonly first?: 'now' | 'named'
  /** How long to wait before it is sent. */
  readonly inMs?: Millis
}

/**
 * A rung as a sequence of acts. What comes next is judged from the world, never from what was answered before: so a
 * successor goes on where the dead one stopped, and a late repeat finds nothing to do.
 */
export interface Sequence<C, World, Subject = readonly Order[]> {
  read(subject: Subject, cursor: C | undefined, signal: AbortSignal): Promise<World>
  /** Pure. */
  look(world: World, subject: Subject, cursor: C | undefined): Act<C> | StepResult
  /** Exactly one mutating request. Answers with the cursor to look on with, where that is not the act's own. */
  perform(act: C, world: World, subject: Subject, signal: ActSignal): Promise<C | undefined>
  /** Pure: what is still to be taken back. */
  undo(world: World, subject: Subject, cursor: C | undefined): Act<C> | StepResult
}

/** What a cloud can do, as data: everything else of `step`, `recover` and `abandon` is the same for all clouds. */
export interface Rungs<C extends CursorBase> {
  /** For messages. */
  readonly cloud: string
  readonly cursor: z.ZodType<C>
  /** Fields of a cursor that tell one act from another, beside `at`. */
  readonly names: readonly (keyof C)[]
  /** After an accepted request, how long until there is something to see. 0: done when answered, so the world is read at once. */
  readonly settleMs: Millis
  /**
   * How long a first request whose answer nobody heard may still take effect at the cloud. Until then nobody can say by
   * looking that it was never sent.
   */
  readonly lateMs: Millis
  readonly clock: Pick<Clock, 'now'>
  readonly rungs: Readonly<Partial<Record<RungName, Sequence<C, unknown>>>>
}

export type Steps = Pick<CloudProvider, 'step' | 'recover' | 'abandon'>

/** The part of a provider that changes machines. */
export function stepsOf<C extends CursorBase>(options: Rungs<C>): Steps {
  const { cloud, settleMs, clock, lateMs } = options
  /** By order: until when a first request of ours may still take effect. */
  const unheard = new Map<string, Millis>()

  function sequenceOf(orders: readonly Order[]): Sequence<C, unknown> | undefined {
    const [order] = orders
    if (order !== undefined && orders.every(({ rung }) => rung === order.rung)) return options.rungs[order.rung]
    throw new ProviderError('invalid', 'none', `${cloud}: ${orders.length} orders in one step: one kind at a time`)
  }

  function parse(stored: Json | undefined): C | undefined {
    if (stored === undefined) return undefined
    const parsed = options.cursor.safeParse(stored)
    if (parsed.success) return parsed.data
    throw new ProviderError('invalid', 'none', `${cloud}: a cursor that is none of ours: ${JSON.stringify(stored)}`)
  }

  function isNamed({ act, first }: Act<C>, cursor: C | undefined): boolean {
    if (cursor === undefined) return first === 'now'
    return act.at === cursor.at && options.names.every((name) => act[name] === cursor[name])
  }

  /** The reads before an act may take seconds, and so may a frozen process. */
  function isTooLate(orders: readonly DueOrder[]): boolean {
    const now = clock.now()
    return orders.some(({ notAfter = Number.POSITIVE_INFINITY }) => now >= notAfter)
  }

  /** Not sent: what is named already is asked for again, under a new fence. */
  function tooLate(cursor: C | undefined): StepResult {
    return cursor === undefined ? failed('NotSent: the fence had ended before it was sent', 'none') : running(cursor, 0)
  }

  function perform(
    sequence: Sequence<C, unknown>,
    act: C,
    world: unknown,
    orders: readonly DueOrder[],
    signal: AbortSignal,
  ): Promise<C | undefined> {
    return whileDue(
      () => isTooLate(orders),
      (due) => sequence.perform(act, world, orders, due),
      signal,
    )
  }

  function noteFirst(orders: readonly Order[]): void {
    const now = clock.now()
    for (const [key, until] of unheard) if (until <= now) unheard.delete(key)
    for (const { key } of orders) unheard.set(key, now + lateMs)
  }

  function refuseWhileUnheard(orders: readonly Order[]): void {
    const leftMs = Math.max(...orders.map(({ key }) => unheard.get(key) ?? 0)) - clock.now()
    if (leftMs <= 0) return
    const what = `${orders[0]?.rung} of ${orders.map(({ nodeName }) => nodeName).join(', ')}`
    const message = `${cloud}: ${what}: it was sent, and no answer was heard: it may still take effect`
    throw new ProviderError('conflict', 'none', message, { retryAfterMs: leftMs })
  }

  return {
    async step(orders, stored, signal) {
      const sequence = sequenceOf(orders)
      if (sequence === undefined) return failed('UnknownRung', 'none')
      const cursor = parse(stored)
      const world = await sequence.read(orders, cursor, signal)
      const next = sequence.look(world, orders, cursor)
      if (!('act' in next)) return next
      if (!isNamed(next, cursor)) return named(next)
      if (isTooLate(orders)) return tooLate(cursor)
      let hint: C | undefined
      if (cursor === undefined) noteFirst(orders)
      try {
        hint = await perform(sequence, next.act, world, orders, signal)
      } catch (thrown) {
        if (!(thrown instanceof ProviderError)) throw thrown
        // It never left, or was refused.
        if (thrown.effect === 'none') {
          for (const { key } of orders) unheard.delete(key)
          if (isTooLate(orders)) return tooLate(cursor)
        }
        if (thrown.kind === 'conflict') {
          // Something has changed between our look and our act: look again before it counts as a refusal.
          const now = sequence.look(await sequence.read(orders, cursor, signal), orders, cursor)
          if (!('act' in now)) return now
          if (!isNamed(now, cursor)) return running(now.act, settleMs)
        }
        if (cursor !== undefined && isFinal(thrown)) return failed(`Refused: ${thrown.message}`, 'maybe')
        throw thrown
      }
      const after = hint ?? next.act
      if (settleMs > 0) return running(after, settleMs)
      return answer(sequence.look(await afterAct(sequence.read(orders, after, signal)), orders, after))
    },
    async recover(orders, stored, signal) {
      const sequence = sequenceOf(orders)
      if (sequence === undefined) return failed('UnknownRung', 'none')
      const cursor = parse(stored)
      const next = sequence.look(await sequence.read(orders, cursor, signal), orders, cursor)
      const isUnsent = 'act' in next && next.first !== undefined && cursor === undefined
      if (isUnsent) refuseWhileUnheard(orders)
      return isUnsent ? failed('NotSent', 'none') : answer(next)
    },
    async abandon(orders, stored, signal) {
      const sequence = sequenceOf(orders)
      if (sequence === undefined) return { state: 'done' }
      const cursor = parse(stored)
      const world = await sequence.read(orders, cursor, signal)
      const next = sequence.undo(world, orders, cursor)
      if (!('act' in next)) return next
      const again = cursor ?? { at: 'undo' }
      if (isTooLate(orders)) return running(again, 0)
      try {
        await perform(sequence, next.act, world, orders, signal)
      } catch (thrown) {
        if (thrown instanceof ProviderError && thrown.effect === 'none' && isTooLate(orders)) return running(again, 0)
        throw thrown
      }
      if (settleMs > 0) return running(again, settleMs)
      return answer(sequence.undo(await afterAct(sequence.read(orders, cursor, signal)), orders, cursor))
    },
  }
}

/** A look that fails after an act has changed nothing itself, but the act has. */
async function afterAct<T>(look: Promise<T>): Promise<T> {
  try {
    return await look
  } catch (thrown) {
    if (!(thrown instanceof ProviderError) || thrown.effect === 'maybe') throw thrown
    const { kind, message, cause, retryAfterMs } = thrown
    throw new ProviderError(kind, 'maybe', message, { cause, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) })
  }
}

/** A rung that is done for one machine at a time. */
export function single<C, World>(sequence: Sequence<C, World, Order>): Sequence<C, World> {
  const one = (orders: readonly Order[]): Order => {
    const [order, ...others] = orders
    if (order !== undefined && others.length === 0) return order
    throw new ProviderError('invalid', 'none', `${orders.length} orders in one step: ${order?.rung}: one at a time`)
  }
  return {
    read: async (orders, cursor, signal) => sequence.read(one(orders), cursor, signal),
    look: (world, orders, cursor) => sequence.look(world, one(orders), cursor),
    perform: (act, world, orders, signal) => sequence.perform(act, world, one(orders), signal),
    undo: (world, orders, cursor) => sequence.undo(world, one(orders), cursor),
  }
}

/** A rung whose sequence depends on the machines; asked again at each look. */
export function chosen<C>(
  choose: (orders: readonly Order[], signal: AbortSignal) => Promise<Sequence<C, unknown>>,
): Sequence<C, { readonly by: Sequence<C, unknown>; readonly world: unknown }> {
  return {
    async read(orders, cursor, signal) {
      const by = await choose(orders, signal)
      return { by, world: await by.read(orders, cursor, signal) }
    },
    look: ({ by, world }, orders, cursor) => by.look(world, orders, cursor),
    perform: (act, { by, world }, orders, signal) => by.perform(act, world, orders, signal),
    undo: ({ by, world }, orders, cursor) => by.undo(world, orders, cursor),
  }
}

export function failed(reason: string, effect: 'none' | 'maybe'): StepResult {
  return { state: 'failed', reason, effect }
}

export function running(cursor: CursorBase, againMs: Millis): StepResult {
  return { state: 'running', cursor: { ...cursor }, againMs }
}

/** Asking again for what the cloud calls wrong would only keep the machine half-way. */
function isFinal({ kind }: ProviderError): boolean {
  return kind === 'invalid' || kind === 'not-found' || kind === 'unsupported'
}

function answer<C extends CursorBase>(next: Act<C> | StepResult): StepResult {
  return 'act' in next ? named(next) : next
}

function named<C extends CursorBase>({ act, inMs = 0 }: Act<C>): StepResult {
  return running(act, inMs)
}
