import { FINISHED_PHASES, type NodeRepair, REPAIR_FINALIZER } from '../../core/model/node-repair.ts'
import type { Clock } from '../../core/ports/clock.ts'
import { type Ledger, LedgerConflictError } from '../../core/ports/ledger.ts'
import type { Watched } from '../../core/ports/watched.ts'
import { untilAborted } from '../../lib/abort.ts'
import { createCopy } from './copy.ts'
import type { LinkBoard } from './links.ts'

/** The store of repairs, and heald's copy of it. */
export interface FleetLedger {
  readonly ledger: Ledger
  readonly repairs: Watched<NodeRepair>
  /** What somebody else does to an object: annotations, or its deletion. Undefined: it goes. */
  change(name: string, edit: (repair: NodeRepair) => NodeRepair | undefined): void
}

/** In memory, and fenced as the real one: a lower epoch, an old resourceVersion and a change of what has ended are refused. */
export function createFleetLedger(clock: Clock, links: LinkBoard): FleetLedger {
  const stored = new Map<string, NodeRepair>()
  const copy = createCopy<NodeRepair>()
  let version = 0

  const { reach } = links
  const put = (repair: NodeRepair): NodeRepair => {
    const next = { ...repair, resourceVersion: String(++version) }
    stored.set(repair.name, next)
    return next
  }
  /** Gone once it is to go and nobody holds it. */
  const settle = (repair: NodeRepair): NodeRepair | undefined => {
    if (!repair.deleting || repair.finalizers.length > 0) return put(repair)
    stored.delete(repair.name)
    return undefined
  }
  const current = ({ name, uid, resourceVersion }: NodeRepair): NodeRepair => {
    const held = stored.get(name)
    if (held?.uid === uid && held.resourceVersion === resourceVersion) return held
    throw new LedgerConflictError(`fleet: ${name}: the stored object moved on`)
  }
  links.onChange(() => {
    if (!links.open) return
    for (const name of new Set([...copy.items.keys(), ...stored.keys()])) copy.applyWrite(name, stored.get(name))
  })

  const ledger: Ledger = {
    async list(signal) {
      reach(signal)
      return { objects: [...stored.values()], unreadable: [] }
    },
    async get(name, signal) {
      reach(signal)
      return stored.get(name)
    },
    async create(name, spec, signal) {
      reach(signal)
      if (stored.has(name)) throw new LedgerConflictError(`fleet: ${name}: exists`)
      const empty = { deleting: false, finalizers: [], annotations: {}, resourceVersion: '', status: undefined }
      return put({ name, uid: `${name}-${version}`, createdAt: clock.wall(), spec, ...empty })
    },
    async writeStatus(repair, status, signal) {
      reach(signal)
      const held = current(repair)
      const lowest = Math.max(held.spec.epoch, held.status?.epoch ?? 0)
      const isOver = held.status !== undefined && FINISHED_PHASES.includes(held.status.phase)
      if (status.epoch < lowest || isOver) throw new LedgerConflictError(`fleet: ${repair.name}: the rules forbid it`)
      return put({ ...held, status })
    },
    async setFinalizer(repair, present, signal) {
      reach(signal)
      return settle({ ...current(repair), finalizers: present ? [REPAIR_FINALIZER] : [] })
    },
    async delete(repair, signal) {
      reach(signal)
      const held = stored.get(repair.name)
      if (held?.uid === repair.uid) settle({ ...held, deleting: true })
    },
    async probe(signal) {
      reach(signal)
      return { usable: true, reason: '' }
    },
  }
  const repairs: Watched<NodeRepair> = {
    ...copy,
    get seenAt() {
      return links.aliveAt
    },
    run: untilAborted,
  }
  return {
    ledger,
    repairs,
    change(name, edit) {
      const held = stored.get(name)
      const after = held === undefined ? undefined : edit(held)
      if (held !== undefined && after === undefined) settle({ ...held, deleting: true })
      else if (after !== undefined) put(after)
      if (links.open) copy.applyWrite(name, stored.get(name))
    },
  }
}
