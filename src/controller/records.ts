import type { NodeRepair, NodeRepairSpec, NodeRepairStatus } from '../core/model/node-repair.ts'
import { refsOf } from '../core/model/object-ref.ts'
import type { Ledger } from '../core/ports/ledger.ts'
import { LedgerConflictError } from '../core/ports/ledger.ts'
import type { Tell } from '../core/ports/log.ts'
import type { Watched } from '../core/ports/watched.ts'

/** The ledger as one leader uses it: every write carries its epoch, and every reply is folded into the store at once. */
export interface Records {
  /** Consistent LIST, folded in. */
  refresh(signal: AbortSignal): Promise<readonly NodeRepair[]>
  open(name: string, spec: NodeRepairSpec, signal: AbortSignal): Promise<NodeRepair>
  save(repair: NodeRepair, status: NodeRepairStatus, signal: AbortSignal): Promise<NodeRepair>
  setFinalizer(repair: NodeRepair, present: boolean, signal: AbortSignal): Promise<NodeRepair | undefined>
  remove(repair: NodeRepair, signal: AbortSignal): Promise<void>
  /** Node name -> why, of repairs that can't be read. */
  unreadable(): ReadonlyMap<string, string>
  /** True while a write's outcome is unknown: the store may be older than it. */
  readonly behind: boolean
}

export interface RecordsOptions {
  readonly ledger: Ledger
  readonly repairs: Watched<NodeRepair>
  readonly tell: Tell
}

export function createRecords({ ledger, repairs, tell }: RecordsOptions, epoch: () => number): Records {
  let unreadable: ReadonlyMap<string, string> = new Map()
  let behind = false

  /** Runs one write; when its outcome is unknown, nothing opens until a refresh has told. */
  const write = async <T>(name: string, call: () => Promise<T>, signal: AbortSignal): Promise<T> => {
    try {
      return await call()
    } catch (thrown) {
      behind = true
      if (thrown instanceof LedgerConflictError) {
        repairs.fold(name, await ledger.get(name, signal))
        behind = false
      }
      throw thrown
    }
  }

  return {
    async refresh(signal) {
      const known = new Map(repairs.items)
      const listed = await ledger.list(signal)
      const names = new Set(listed.repairs.map((repair) => repair.name))
      for (const repair of listed.repairs) repairs.fold(repair.name, repair)
      // What came to be while the list was under way is not in it, and stays.
      for (const [name, { uid }] of known) {
        if (!names.has(name) && repairs.items.get(name)?.uid === uid) repairs.fold(name, undefined)
      }
      const blocked = new Map<string, string>()
      for (const { name, node, why } of listed.unreadable) {
        if (node !== undefined) blocked.set(node, `${name}: ${why}`)
        if (!unreadable.has(node ?? name)) {
          tell({
            level: 'error',
            reason: 'LedgerUnreadable',
            message: `${name}: ${why}`,
            regarding: refsOf(node, name),
          })
        }
      }
      unreadable = blocked
      behind = false
      return listed.repairs
    },
    async open(name, spec, signal) {
      const stored = await write(name, () => ledger.create(name, { ...spec, epoch: epoch() }, signal), signal)
      repairs.fold(name, stored)
      return stored
    },
    async save(repair, status, signal) {
      const next = { ...status, epoch: epoch() }
      const stored = await write(repair.name, () => ledger.writeStatus(repair, next, signal), signal)
      repairs.fold(repair.name, stored)
      return stored
    },
    async setFinalizer(repair, present, signal) {
      const stored = await write(repair.name, () => ledger.setFinalizer(repair, present, signal), signal)
      repairs.fold(repair.name, stored)
      return stored
    },
    async remove(repair, signal) {
      await ledger.delete(repair, signal)
      repairs.fold(repair.name, undefined)
    },
    unreadable: () => unreadable,
    get behind() {
      return behind
    },
  }
}
