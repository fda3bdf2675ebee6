import type { Evidence, InstanceRef, InstanceState, Located, Members } from '../../core/model/instance.ts'
import type { NodeFacts } from '../../core/model/node.ts'
import type { Order, StepResult } from '../../core/model/order.ts'
import type { Json, Millis } from '../../core/model/primitives.ts'
import type { RungPlan } from '../../core/model/rungs.ts'

/** Names one request. `at` and `id` tell it from every other of the rung; `data` rides along. At most 1 KiB as JSON. */
// A type and no interface: only so it counts as JSON.
export type OwnCursor = {
  readonly at: string
  readonly id?: string
  readonly data?: Json
}

/** Whether a rung is possible now. Without `lockKey` no two orders for the machine are in flight together. */
export type OwnPlan = Pick<RungPlan, 'rung' | 'verdict' | 'message'> & Partial<Pick<RungPlan, 'reason' | 'lockKey'>>

/** What a machine looks like, and what could be done to it. A rung that is missing is unsupported. */
export interface OwnState extends Omit<InstanceState, 'ref'> {
  readonly plans: readonly OwnPlan[]
}

/**
 * What comes next, judged from the world as it is now, and never from what was answered before. `act`: the one request to
 * send. It goes out at once if the cursor names it already, or if nothing of this attempt stands yet and it says
 * `first: 'now'`; else its name is stored before. `first` on an act also says that it was never sent, if no cursor is stored.
 */
export type OwnNext =
  | { readonly act: OwnCursor; readonly first?: 'now' | 'named'; readonly inMs?: Millis }
  | (Omit<Extract<StepResult, { state: 'running' }>, 'cursor'> & { readonly cursor: OwnCursor })
  | Omit<Extract<StepResult, { state: 'done' }>, 'replacements'>
  | Extract<StepResult, { state: 'failed' }>

/** One look at the world. `undo`: what would have to be taken back, were the rung given up now; default: nothing. */
export interface OwnLook {
  readonly next: OwnNext
  readonly undo?: OwnNext
}

/**
 * A cloud outside of this repository, as a module's `createProvider` returns it; a program answers the same calls over
 * stdin and stdout. Each gets a signal that aborts when its time is over. A look that throws has changed nothing. When
 * `perform` throws, nobody knows what became of it, unless the error has `effect: 'none'`: nothing was sent, or it was refused.
 */
export interface OwnProvider {
  locate(node: NodeFacts, signal: AbortSignal): Located | Promise<Located>
  inspect(instance: InstanceRef, signal: AbortSignal): OwnState | Promise<OwnState>
  look(order: Order, cursor: OwnCursor | undefined, signal: AbortSignal): OwnLook | Promise<OwnLook>
  /** Sends exactly one mutating request. Answers with the cursor to look on with, where that is not the act's own. */
  perform(act: OwnCursor, order: Order, signal: AbortSignal): OwnPerformed | Promise<OwnPerformed>
  members?(signal: AbortSignal): Members | Promise<Members>
  capture?(instance: InstanceRef, signal: AbortSignal): Evidence | Promise<Evidence>
}

export interface OwnPerformed {
  readonly cursor?: OwnCursor
}

/** What a file for `cloudProvider: module` exports. `options` is what stands in the configuration. */
export interface ProviderModule {
  createProvider(options: unknown): OwnProvider | Promise<OwnProvider>
}

/** One question to a provider of one's own: the same to a program and to a module. */
export type OwnRequest =
  | { readonly call: 'locate'; readonly node: NodeFacts }
  | { readonly call: 'inspect' | 'capture'; readonly instance: InstanceRef }
  | { readonly call: 'look'; readonly order: Order; readonly cursor?: OwnCursor }
  | { readonly call: 'perform'; readonly order: Order; readonly act: OwnCursor }
  | { readonly call: 'members' }

/** Resolves to whatever was answered. Rejects with a ProviderError, or with the reason of the signal. */
export type Ask = (request: OwnRequest, withinMs: Millis, signal: AbortSignal) => Promise<unknown>

/** What the end of a call that nobody understood means. */
export function effectOf({ call }: OwnRequest): 'none' | 'maybe' {
  return call === 'perform' ? 'maybe' : 'none'
}
