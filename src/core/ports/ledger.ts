import type { Epoched, FencedObject } from '../model/fenced.ts'
import type { NodeRepairSpec, NodeRepairStatus } from '../model/node-repair.ts'

/** A write was refused because the stored object moved on, or the stored rules forbid it: read again. */
export class LedgerConflictError extends Error {
  override readonly name = 'LedgerConflictError'
}

/** An object that can't be read. */
export interface Unreadable {
  readonly name: string
  /** What it is about, so what is left alone meanwhile; undefined when not even that can be read. */
  readonly about: string | undefined
  /** `path: what is wrong`, for people. */
  readonly why: string
}

/** The store of one fenced kind. Every write returns the object as stored: fold it in before the next `decide`. */
export interface FencedStore<Spec extends Epoched, Status extends Epoched> {
  /** Consistent LIST (no resourceVersion). */
  list(signal: AbortSignal): Promise<{
    readonly objects: readonly FencedObject<Spec, Status>[]
    readonly unreadable: readonly Unreadable[]
  }>
  /** Undefined when it is gone. */
  get(name: string, signal: AbortSignal): Promise<FencedObject<Spec, Status> | undefined>
  /** Spec only; LedgerConflictError when the name is taken. */
  create(name: string, spec: Spec, signal: AbortSignal): Promise<FencedObject<Spec, Status>>
  /** PUT of the whole status at the object's resourceVersion; LedgerConflictError when stale or refused by the rules. */
  writeStatus(
    object: FencedObject<Spec, Status>,
    status: Status,
    signal: AbortSignal,
  ): Promise<FencedObject<Spec, Status>>
  /** Adds or removes the kind's finalizer at the object's resourceVersion; undefined when the object is gone afterwards. */
  setFinalizer(
    object: FencedObject<Spec, Status>,
    present: boolean,
    signal: AbortSignal,
  ): Promise<FencedObject<Spec, Status> | undefined>
  delete(object: FencedObject<Spec, Status>, signal: AbortSignal): Promise<void>
  /** Tries on the living API server whether the CRD fences: a dry-run PUT with a lower epoch must be refused, a full status must come back whole. */
  probe(signal: AbortSignal): Promise<{ readonly usable: boolean; readonly reason: string }>
}

/** The store of NodeRepair objects. */
export type Ledger = FencedStore<NodeRepairSpec, NodeRepairStatus>
