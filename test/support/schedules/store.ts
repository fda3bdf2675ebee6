import type { Epoched } from '../../../src/core/model/fenced.ts'
import type { NodeFacts } from '../../../src/core/model/node.ts'
import {
  FINISHED_ATTEMPTS,
  FINISHED_PHASES,
  type NodeRepair,
  type NodeRepairStatus,
} from '../../../src/core/model/node-repair.ts'
import { LedgerConflictError } from '../../../src/core/ports/ledger.ts'
import type { LeaseRecord } from '../../../src/kube/lease.ts'

interface Kinds {
  readonly lease: LeaseRecord
  readonly node: NodeFacts
  readonly repair: NodeRepair
}

type Kind = keyof Kinds
type Items = { readonly [K in Kind]: ReadonlyMap<string, Kinds[K]> }

/** What stands behind the API server: every write makes a version, and an older state can be put back. */
export interface Store extends Items {
  /** Stores it under the next version. */
  put<K extends Kind>(kind: K, name: string, item: Kinds[K]): Kinds[K]
  remove(kind: Kind, name: string): void
  /** The held object; throws LedgerConflictError unless it is of this version. */
  at<K extends Kind>(kind: K, name: string, held: { readonly resourceVersion: string }): Kinds[K]
  /** PUT of a status, by the rules of the kind. */
  putStatus(repair: NodeRepair, status: NodeRepairStatus): NodeRepair
  /** As after `etcdctl snapshot restore`: objects and versions are those of that moment. */
  restore(moment: number): void
  onWrite(listener: () => void): void
}

export function createStore(now: () => number): Store {
  let items: { [K in Kind]: Map<string, Kinds[K]> } = { lease: new Map(), node: new Map(), repair: new Map() }
  let version = 0
  const history: { readonly at: number; readonly version: number; readonly items: typeof items }[] = []
  const listeners: (() => void)[] = []

  function change(edit: () => void): void {
    edit()
    history.push({
      at: now(),
      version,
      items: { lease: new Map(items.lease), node: new Map(items.node), repair: new Map(items.repair) },
    })
    for (const listener of listeners) listener()
  }

  const store: Store = {
    get lease() {
      return items.lease
    },
    get node() {
      return items.node
    },
    get repair() {
      return items.repair
    },
    put(kind, name, item) {
      const stored = { ...item, resourceVersion: String(++version) }
      change(() => items[kind].set(name, stored))
      return stored
    },
    remove(kind, name) {
      version++
      change(() => items[kind].delete(name))
    },
    at(kind, name, { resourceVersion }) {
      const held = items[kind].get(name)
      if (held?.resourceVersion === resourceVersion) return held
      throw new LedgerConflictError(`${kind} ${name}: the stored object moved on`)
    },
    putStatus(repair, status) {
      const held = store.at('repair', repair.name, repair)
      const broken = brokenRule(held, status)
      if (held.uid !== repair.uid || broken !== undefined) {
        throw new LedgerConflictError(`${repair.name}: ${broken ?? 'another object'}`)
      }
      return store.put('repair', repair.name, { ...held, status })
    },
    restore(moment) {
      const then = history.findLast(({ at }) => at <= moment) ?? history[0]
      if (then === undefined) return
      version = then.version
      change(() => {
        items = { lease: new Map(then.items.lease), node: new Map(then.items.node), repair: new Map(then.items.repair) }
      })
    },
    onWrite: (listener) => {
      listeners.push(listener)
    },
  }
  return store
}

/** The rules of src/kube/crd/node-repair.ts that a schedule can break. */
function brokenRule({ spec, status: old }: NodeRepair, next: NodeRepairStatus): string | undefined {
  if (isBelow(next, spec) || (old !== undefined && isBelow(next, old))) return 'status.epoch never goes down'
  if (old === undefined) return undefined
  if (FINISHED_PHASES.includes(old.phase)) return 'a finished repair never changes'
  for (const one of old.attempts) {
    const after = next.attempts.find(({ id }) => id === one.id)
    if (after === undefined) return 'attempts only grow'
    if (FINISHED_ATTEMPTS.includes(one.state) && JSON.stringify(after) !== JSON.stringify(one)) {
      return 'a finished attempt never changes'
    }
  }
  return undefined
}

function isBelow(one: Epoched, other: Epoched): boolean {
  return one.epoch < other.epoch
}
