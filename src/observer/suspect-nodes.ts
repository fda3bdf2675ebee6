import { type NodeFacts, readyOf } from '../core/model/node.ts'
import type { NodeRepair } from '../core/model/node-repair.ts'
import { isOpen } from '../core/model/node-repair.ts'
import type { Watched } from '../core/ports/watched.ts'
import type { Findings } from './findings.ts'

/** Failing nodes, those that a person asks about, nodes in repair, and whoever may be the replacement that an open repair waits for. Each once. */
export function suspectNodes(
  nodes: ReadonlyMap<string, NodeFacts>,
  repairs: ReadonlyMap<string, NodeRepair>,
  failing: ReadonlySet<string>,
  asked: Iterable<string> = [],
): readonly NodeFacts[] {
  const others = new Set(asked)
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

/**
 * Nodes of ours that are Ready, that no check calls failing and that are not in repair, in the order of the watch. Found once for
 * as long as none of that changes: each of 15,000 suspects asks for some.
 */
export function createWellNodes(
  nodes: Pick<Watched<NodeFacts>, 'items' | 'onChange'>,
  repairs: Pick<Watched<NodeRepair>, 'items' | 'onChange'>,
  findings: Pick<Findings, 'failing' | 'failingVersion'>,
): () => readonly NodeFacts[] {
  let known: { readonly version: number; readonly well: readonly NodeFacts[] } | undefined
  const forget = (): void => {
    known = undefined
  }
  nodes.onChange(forget)
  repairs.onChange(forget)
  const find = (): readonly NodeFacts[] => {
    const [failing, busy] = [findings.failing(), inRepair(repairs.items)]
    return [...nodes.items.values()].filter(
      (node) =>
        readyOf(node)?.status === 'True' &&
        node.notOurs === undefined &&
        !failing.has(node.name) &&
        !busy.has(node.name),
    )
  }
  return () => {
    const version = findings.failingVersion
    if (known?.version !== version) known = { version, well: find() }
    return known.well
  }
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
 * Another Node of the same machine as this one: by its name at the cloud, or by hardware and address together, as an old
 * Node and a new one of a renamed machine have them. Either alone says nothing: containers of one host share its hardware,
 * and addresses are used again. Kept by machine: when a whole fleet is suspect, going through all nodes for each of them
 * would be most of what the observer does.
 */
export function createTwins(
  nodes: Pick<Watched<NodeFacts>, 'items' | 'onChange'>,
): (node: NodeFacts) => string | undefined {
  const byTrait = new Map<string, Set<string>>()
  const note = (name: string, after: NodeFacts | undefined, before: NodeFacts | undefined): void => {
    const [was, is] = [traitsOf(before), traitsOf(after)]
    if (was.join() === is.join()) return
    for (const trait of was) {
      const bearers = byTrait.get(trait)
      bearers?.delete(name)
      if (bearers?.size === 0) byTrait.delete(trait)
    }
    for (const trait of is) byTrait.set(trait, (byTrait.get(trait) ?? new Set()).add(name))
  }
  for (const [name, node] of nodes.items) note(name, node, undefined)
  nodes.onChange(note)

  return (node) => {
    for (const trait of traitsOf(node)) {
      for (const name of byTrait.get(trait) ?? []) {
        const other = nodes.items.get(name)
        if (name !== node.name && other !== undefined && isSameMachine(node, other)) return name
      }
    }
    return undefined
  }
}

/** By what another Node of the same machine is looked for. */
function traitsOf(node: NodeFacts | undefined): readonly string[] {
  if (node === undefined) return []
  const internal = node.addresses.filter(({ type }) => type === 'InternalIP').map(({ address }) => address)
  return node.providerID === undefined ? internal : [node.providerID, ...internal]
}

/** They share a trait; an address alone does not count. */
function isSameMachine(a: NodeFacts, b: NodeFacts): boolean {
  const same = (key: 'providerID' | 'systemUUID' | 'machineID'): boolean => a[key] !== undefined && a[key] === b[key]
  const shareAddress = traitsOf(a).some((trait) => trait !== a.providerID && traitsOf(b).includes(trait))
  return same('providerID') || (shareAddress && (same('systemUUID') || same('machineID')))
}

export function inRepair(repairs: ReadonlyMap<string, NodeRepair>): ReadonlySet<string> {
  const names = new Set<string>()
  for (const repair of repairs.values()) if (isOpen(repair)) names.add(repair.spec.nodeName)
  return names
}
