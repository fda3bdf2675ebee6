import type { NodeFacts } from '../core/model/node.ts'
import type { NodeRepair } from '../core/model/node-repair.ts'
import { isOpen } from '../core/model/node-repair.ts'
import type { Watched } from '../core/ports/watched.ts'

/** Failing nodes, nodes in repair, and whoever may be the replacement that an open repair waits for. Each once. */
export function suspectNodes(
  nodes: ReadonlyMap<string, NodeFacts>,
  repairs: ReadonlyMap<string, NodeRepair>,
  failing: ReadonlySet<string>,
): readonly NodeFacts[] {
  const others = new Set<string>()
  for (const repair of repairs.values()) {
    if (!isOpen(repair)) continue
    others.add(repair.spec.nodeName)
    if (repair.status?.replacement === undefined) continue
    for (const node of nodes.values()) {
      if (node.pool === repair.spec.pool && (node.createdAt ?? 0) >= repair.createdAt) others.add(node.name)
    }
  }
  const suspects: NodeFacts[] = []
  const add = (name: string): void => {
    const node = nodes.get(name)
    if (node !== undefined) suspects.push(node)
  }
  for (const name of failing) add(name)
  for (const name of others) if (!failing.has(name)) add(name)
  return suspects
}

/** Nodes whose objects were removed, as last seen, until they come back or `list` finds that no repair of them is open. */
export function createDeparted(nodes: Watched<NodeFacts>): { list(busy: ReadonlySet<string>): readonly NodeFacts[] } {
  const departed = new Map<string, NodeFacts>()
  nodes.onChange((name, after, before) => {
    if (after === undefined && before !== undefined) departed.set(name, before)
    else departed.delete(name)
  })
  return {
    list(busy) {
      for (const name of departed.keys()) if (!busy.has(name)) departed.delete(name)
      return [...departed.values()]
    },
  }
}

export function inRepair(repairs: ReadonlyMap<string, NodeRepair>): ReadonlySet<string> {
  const names = new Set<string>()
  for (const repair of repairs.values()) if (isOpen(repair)) names.add(repair.spec.nodeName)
  return names
}
