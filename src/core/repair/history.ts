import type { NodeRepair } from '../model/node-repair.ts'
import { isOpen } from '../model/node-repair.ts'
import type { Millis } from '../model/primitives.ts'

const KEPT_MS = 7 * 86_400_000

/** Finished repairs that may go: older than 7 days, and not the newest of their node. */
export function outdated(repairs: Iterable<NodeRepair>, calendar: Millis): readonly NodeRepair[] {
  const all = [...repairs]
  const newest = new Map<string, NodeRepair>()
  for (const repair of all) {
    const known = newest.get(repair.spec.nodeName)
    if (known === undefined || known.createdAt < repair.createdAt) newest.set(repair.spec.nodeName, repair)
  }
  return all.filter(
    (repair) => !isOpen(repair) && calendar - repair.createdAt > KEPT_MS && newest.get(repair.spec.nodeName) !== repair,
  )
}
