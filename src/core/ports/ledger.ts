import type { NodeRepair, NodeRepairSpec, NodeRepairStatus } from '../model/node-repair.ts'

/** A write was refused because the stored object moved on, or the stored rules forbid it: read again. */
export class LedgerConflictError extends Error {
  override readonly name = 'LedgerConflictError'
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
