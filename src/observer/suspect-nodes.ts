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

/**
 * Another Node that names the same machine as this one. Kept by machine: when a whole fleet is suspect, going through all
 * nodes for each of them would be most of what the observer does.
 */
export function createTwins(
  nodes: Pick<Watched<NodeFacts>, 'items' | 'onChange'>,
): (node: NodeFacts) => string | undefined {
  const byMachine = new Map<string, Set<string>>()
  const note = (name: string, after: NodeFacts | undefined, before: NodeFacts | undefined): void => {
    const [was, is] = [before?.providerID, after?.providerID]
    if (was === is) return
    if (was !== undefined) {
      const claiming = byMachine.get(was)
      claiming?.delete(name)
      if (claiming?.size === 0) byMachine.delete(was)
    }
    if (is !== undefined) byMachine.set(is, (byMachine.get(is) ?? new Set()).add(name))
  }
  for (const [name, node] of nodes.items) note(name, node, undefined)
  nodes.onChange(note)

  return ({ name, providerID }) => {
    if (providerID === undefined) return undefined
    for (const other of byMachine.get(providerID) ?? []) if (other !== name) return other
    return undefined
  }
}

export function inRepair(repairs: ReadonlyMap<string, NodeRepair>): ReadonlySet<string> {
  const names = new Set<string>()
  for (const repair of repairs.values()) if (isOpen(repair)) names.add(repair.spec.nodeName)
  return names
}
