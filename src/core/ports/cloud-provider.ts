import type {
  ClusterHealth,
  Evidence,
  InstanceRef,
  InstanceState,
  Located,
  Members,
  ProviderErrorKind,
  SwitchState,
} from '../model/instance.ts'
import type { NodeFacts } from '../model/node.ts'
import type { DueOrder, Order, StepResult } from '../model/order.ts'
import type { Json, Millis } from '../model/primitives.ts'
import type { RungPlan } from '../model/rungs.ts'

/** What one look at a dependency has found. `failed` names the cause and what to do about it. */
export interface Examined {
  /** What was looked at, e.g. `nova`. */
  readonly what: string
  readonly state: 'ok' | 'warning' | 'failed'
  readonly message: string
  /** Of a failure: nothing has to be changed, another try may do. */
  readonly again?: boolean
}

/** A cloud. One contract suite runs against every implementation: test/contract/cloud-provider.ts. */
export interface CloudProvider {
  readonly name: string
  /** Pure. Why no machine of this cloud can be behind the Node, by what the Node itself says; undefined: one may be. */
  notOurs?(node: NodeFacts): string | undefined
  locate(node: NodeFacts, signal: AbortSignal): Promise<Located>
  /** All machines of the groups of this cluster, by at most 2 requests per group; `unsure` while groups are being changed. */
  members?(signal: AbortSignal): Promise<Members>
  inspect(instance: InstanceRef, signal: AbortSignal): Promise<InstanceState>
  /** What was read or begun before this call answers no `locate` or `inspect` after it: for the look before an act. */
  forget?(): void
  /** Pure. One entry per rung it knows; a rung that is missing is unsupported. */
  plan(state: InstanceState): readonly RungPlan[]
  /** Before anything destructive: console log, fault. */
  capture?(instance: InstanceRef, signal: AbortSignal): Promise<Evidence>
  /**
   * At most ONE mutating request, named by `cursor` (undefined = the first), answered within 10 s. None after
   * `notAfter`, looked at right before it is sent, after any login.
   */
  step(orders: readonly DueOrder[], cursor: Json | undefined, signal: AbortSignal): Promise<StepResult>
  /** What became of the step named by `cursor`, by reading alone. */
  recover(orders: readonly Order[], cursor: Json | undefined, signal: AbortSignal): Promise<StepResult>
  /** Takes back marks and stops of a rung given up half-way; never gated; `done` when nothing is left to take back. `notAfter` as for a step. */
  abandon(orders: readonly DueOrder[], cursor: Json | undefined, signal: AbortSignal): Promise<StepResult>
  switch?(signal: AbortSignal): Promise<SwitchState>
  /** Everything that repairs will need of the cloud, by reading alone. */
  examine?(signal: AbortSignal): Promise<readonly Examined[]>
  report?(summary: ClusterHealth, signal: AbortSignal): Promise<void>
}

/** The one error that crosses the provider boundary. Branch on `kind` and `effect`, never on text. */
export class ProviderError extends Error {
  override readonly name = 'ProviderError'
  readonly kind: ProviderErrorKind
  /** `none`: proven that nothing changed at the cloud (keeps the rung). `maybe`: outcome unknown. */
  readonly effect: 'none' | 'maybe'
  readonly retryAfterMs: Millis | undefined

  constructor(
    kind: ProviderErrorKind,
    effect: 'none' | 'maybe',
    message: string,
    options: { cause?: unknown; retryAfterMs?: Millis } = {},
  ) {
    super(message, { cause: options.cause })
    this.kind = kind
    this.effect = effect
    this.retryAfterMs = options.retryAfterMs
  }
}
