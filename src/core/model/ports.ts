/** What the deciding half needs from the world, as interfaces. Implementations are built and handed over by cmd. */
import type { NodeRepair, NodeRepairSpec, NodeRepairStatus } from './node-repair.ts'
import type {
  ClusterHealth,
  Evidence,
  Finding,
  Heartbeat,
  InstanceRef,
  InstanceState,
  Json,
  Located,
  Millis,
  NodeFacts,
  Order,
  Plane,
  ProviderErrorKind,
  RungPlan,
  StepResult,
  SwitchState,
} from './types.ts'

export interface Clock {
  /** Monotonic. */
  now(): Millis
  /** The machine's wall clock; may jump. */
  wall(): Millis
  /** Resolves after `ms`; rejects with the signal's reason when aborted. */
  sleep(ms: Millis, signal: AbortSignal): Promise<void>
}

/** pino's own call shape: data first, a static message second. */
export interface Log {
  debug(fields: object, msg: string): void
  info(fields: object, msg: string): void
  warn(fields: object, msg: string): void
  error(fields: object, msg: string): void
}

/** Something a person should hear of. One door: telemetry makes a log line, a counter and, with `event`, a Kubernetes event of it. */
export interface Notice {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  /** PascalCase and from a fixed set: it is the log's static message, the event's reason and the counter's label. */
  readonly reason: string
  readonly message: string
  readonly node?: string
  readonly repair?: string
  readonly fields?: { readonly [key: string]: Json }
  /** Also a Kubernetes event, on the Node and, when named, on the NodeRepair. */
  readonly event?: 'Normal' | 'Warning'
}
export type Tell = (notice: Notice) => void

/** Checks come in three kinds. Each promises: `unknown` whenever it could not look; only answers from the node's side of the wire blame it. */
export interface CheckBase {
  readonly name: string
  readonly type: string
  readonly plane: Plane
  readonly symptom: string
  readonly unhealthyDurationMs: Millis
  readonly healthyDurationMs: Millis
}
/** Pure: called whenever the facts change and at Finding.changesAt. */
export interface JudgeCheck extends CheckBase {
  readonly kind: 'judge'
  judge(facts: NodeFacts, heartbeatAgeMs: Millis | undefined, now: Millis): Finding
}
/** Called every monitorInterval with all nodes of the role; nodes missing from the answer are `unknown`. */
export interface PollCheck extends CheckBase {
  readonly kind: 'poll'
  poll(nodes: readonly NodeFacts[], signal: AbortSignal): Promise<ReadonlyMap<string, Finding>>
}
/** Pushed from outside. */
export interface ListenCheck extends CheckBase {
  readonly kind: 'listen'
  listen(sink: (node: string, finding: Finding) => void, signal: AbortSignal): void
}
export type HealthCheck = JudgeCheck | PollCheck | ListenCheck

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
  locate(node: NodeFacts, signal: AbortSignal): Promise<Located>
  inspect(instance: InstanceRef, signal: AbortSignal): Promise<InstanceState>
  /** Pure. One entry per rung it knows; a rung that is missing is unsupported. */
  plan(state: InstanceState): readonly RungPlan[]
  /** Before anything destructive: console log, fault. */
  capture?(instance: InstanceRef, signal: AbortSignal): Promise<Evidence>
  /** At most ONE mutating request, named by `cursor` (undefined = the first), answered within 10 s. */
  step(orders: readonly Order[], cursor: Json | undefined, signal: AbortSignal): Promise<StepResult>
  /** What became of the step named by `cursor`, by reading alone. */
  recover(orders: readonly Order[], cursor: Json | undefined, signal: AbortSignal): Promise<StepResult>
  /** Takes back marks and stops of a rung given up half-way; never gated; `done` when nothing is left to take back. */
  abandon(orders: readonly Order[], cursor: Json | undefined, signal: AbortSignal): Promise<StepResult>
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

/** A write was refused because the stored object moved on, or the stored rules forbid it: read again. */
export class LedgerConflictError extends Error {
  override readonly name = 'LedgerConflictError'
}

/** The election Lease is not ours any more: everything stops. */
export class LeaseLostError extends Error {
  override readonly name = 'LeaseLostError'
}

/** The store of NodeRepair objects. Every write returns the object as stored: fold it in before the next `decide`. */
export interface Ledger {
  /** Consistent LIST (no resourceVersion). Objects that can't be read are in `unreadable`, by name, with why and, when known, the node. */
  list(signal: AbortSignal): Promise<{
    readonly repairs: readonly NodeRepair[]
    readonly unreadable: readonly { readonly name: string; readonly node: string | undefined; readonly why: string }[]
  }>
  /** Undefined when it is gone. */
  get(name: string, signal: AbortSignal): Promise<NodeRepair | undefined>
  /** Spec only; LedgerConflictError when the name is taken. */
  create(name: string, spec: NodeRepairSpec, signal: AbortSignal): Promise<NodeRepair>
  /** PUT of the whole status at `repair.resourceVersion`; LedgerConflictError when stale or refused by the rules. */
  writeStatus(repair: NodeRepair, status: NodeRepairStatus, signal: AbortSignal): Promise<NodeRepair>
  /** Adds or removes REPAIR_FINALIZER at `repair.resourceVersion`; undefined when the object is gone afterwards. */
  setFinalizer(repair: NodeRepair, present: boolean, signal: AbortSignal): Promise<NodeRepair | undefined>
  delete(repair: NodeRepair, signal: AbortSignal): Promise<void>
  /** Tries on the living API server whether the CRD fences: a dry-run PUT with a lower epoch must be refused, a full status must come back whole. */
  probe(signal: AbortSignal): Promise<{ readonly usable: boolean; readonly reason: string }>
}

/** What heald may change on a Node, and nothing else. */
export interface NodeApi {
  /** Without the cache; undefined = gone. */
  get(name: string, signal: AbortSignal): Promise<NodeFacts | undefined>
  /** The heartbeat record without the cache: renewTime as stored; undefined = no Lease. */
  heartbeat(name: string, signal: AbortSignal): Promise<string | undefined>
  /**
   * Cordon and the autoscaler's scale-down-disabled, with MARKS_ANNOTATION naming the repair, in ONE merge patch at
   * `facts.resourceVersion`. Leaves alone what somebody else set before. Returns the node as stored.
   */
  mark(facts: NodeFacts, repair: string, options: { cordon: boolean }, signal: AbortSignal): Promise<NodeFacts>
  /** Takes back exactly what MARKS_ANNOTATION says is ours, in one patch at `facts.resourceVersion`. */
  unmark(facts: NodeFacts, options: { keepCordon: boolean }, signal: AbortSignal): Promise<NodeFacts>
  /** DELETE with the UID as precondition; a different or missing Node is not an error. */
  delete(name: string, uid: string, signal: AbortSignal): Promise<void>
  /** One pass: evicts what may be evicted now; `left` counts pods still to go (DaemonSet and mirror pods are none of them). */
  drainPass(name: string, signal: AbortSignal): Promise<{ readonly left: number; readonly blocked: readonly string[] }>
  /** Names of PersistentVolumes that live on this node only. */
  localVolumes(name: string, signal: AbortSignal): Promise<readonly string[]>
}

/** On a Node: JSON `{repair, cordon, scaleDownDisabled}`: what of the Node's state is heald's. */
export const MARKS_ANNOTATION = 'heald.dev/marks'
export const SCALE_DOWN_DISABLED = 'cluster-autoscaler.kubernetes.io/scale-down-disabled'

/** One leader's term. Every act hangs on `signal`. */
export interface Term {
  readonly epoch: number
  readonly signal: AbortSignal
  /** The fleet's fence: PUT of the Lease at the resourceVersion of our last renewal. Throws LeaseLostError on a conflict. */
  renew(signal: AbortSignal): Promise<void>
}

/** A live, narrow copy of one kind of object, kept by list and watch. */
export interface Watched<T> {
  readonly items: ReadonlyMap<string, T>
  /** Complete and alive at this monotonic moment (last list, event or bookmark); undefined before the first list. */
  readonly seenAt: Millis | undefined
  /** Called after `items` changed: `after` undefined = deleted. */
  onChange(listener: (key: string, after: T | undefined, before: T | undefined) => void): void
  /** Folds the reply to one of our own writes in, unless the copy is already newer. */
  fold(key: string, item: T | undefined): void
  /** Lists and watches until aborted; survives everything else. */
  run(signal: AbortSignal): Promise<void>
}

/** Polled heartbeats of all nodes. Ages count from when our own clock last saw a record change. */
export interface Heartbeats {
  readonly items: ReadonlyMap<string, Heartbeat>
  /** Monotonic time of the last complete answer. */
  readonly seenAt: Millis | undefined
  onChange(listener: () => void): void
  /** Folds in what a single read has just told. */
  fold(node: string, renewTime: string): void
  run(signal: AbortSignal): Promise<void>
}
