import { isOptedOut } from '../annotations/skip.ts'
import type { NodeFacts } from '../model/node.ts'
import type { NodeRepair } from '../model/node-repair.ts'
import type { Policy } from '../model/policy.ts'
import type { QuorumGroup } from '../model/primitives.ts'
import type { View } from '../model/view.ts'
import { isVouchedFor, poolOf } from '../repair/repair-node.ts'

/** Counts of one pool or zone. Written while the census is taken, only read afterwards. */
export interface Group {
  readonly name: string
  /** Of a pool: its Node objects. */
  readonly nodes: NodeFacts[]
  /** Node objects, and repairs whose Node is gone. */
  size: number
  bad: number
  /** Not heald's to heal: they leave both sides of the breaker. */
  optedOut: number
  optedOutBad: number
  /** Open repairs, parked ones included. */
  open: number
}

export interface GroupCounts {
  readonly pools: Map<string, Group>
  readonly zones: Map<string, Group>
  readonly cluster: Group
  readonly quorum: Readonly<Record<QuorumGroup, Group>>
  /** Names of the nodes that are not heald's to heal: nearly always none. */
  readonly optedOut: Set<string>
}

function emptyGroup(name: string): Group {
  return { name, nodes: [], size: 0, bad: 0, optedOut: 0, optedOutBad: 0, open: 0 }
}

/** Counts every node once, of those that are not ours only for the quorum; `countBad` adds who fails, `countOpen` who is in repair. */
export function countGroups(view: View, policy: Policy): GroupCounts {
  const pools = new Map<string, Group>()
  const zones = new Map<string, Group>()
  const census = {
    pools,
    zones,
    cluster: emptyGroup('cluster'),
    quorum: { 'control-plane': emptyGroup('control-plane'), etcd: emptyGroup('etcd') },
    optedOut: new Set<string>(),
  }
  const poolOf = groupsOf(pools)
  const zoneOf = groupsOf(zones)
  for (const node of view.nodes.values()) {
    if (node.notOurs !== undefined) {
      for (const name of node.quorum) census.quorum[name].size += 1
      continue
    }
    const pool = poolOf(node.pool)
    pool.nodes.push(node)
    enter(census, node, pool, node.zone === undefined ? undefined : zoneOf(node.zone))
    if (!isOptedOut(node, policy)) continue
    census.optedOut.add(node.name)
    pool.optedOut += 1
    census.cluster.optedOut += 1
  }
  return census
}

interface Counted {
  readonly node: NodeFacts
  readonly present: boolean
  readonly pool: Group
  readonly zone: Group | undefined
}

/** A node that fails now, or is in repair. One whose Node object is gone enters the census by that. */
export function countBad(census: GroupCounts, { node, present, pool, zone }: Counted): void {
  for (const name of node.quorum) census.quorum[name].bad += 1
  if (node.notOurs !== undefined) return
  if (!present) enter(census, node, pool, zone)
  pool.bad += 1
  census.cluster.bad += 1
  if (zone !== undefined) zone.bad += 1
  if (!census.optedOut.has(node.name)) return
  pool.optedOutBad += 1
  census.cluster.optedOutBad += 1
}

function enter(
  census: Pick<GroupCounts, 'cluster' | 'quorum'>,
  node: NodeFacts,
  pool: Group,
  zone: Group | undefined,
): void {
  pool.size += 1
  census.cluster.size += 1
  if (zone !== undefined) zone.size += 1
  for (const name of node.quorum) census.quorum[name].size += 1
}

export function countOpen({ pools }: GroupCounts, view: View, open: readonly NodeRepair[]): void {
  for (const repair of open) if (isVouchedFor(repair, view)) groupOf(pools, poolOf(repair, view)).open += 1
}

/** Neighbours mostly share their groups: comparing with the last one beats a lookup for each of 15,000 nodes. */
export function groupsOf(groups: Map<string, Group>): (name: string) => Group {
  let last = groupOf(groups, '')
  return (name) => {
    if (name !== last.name) last = groupOf(groups, name)
    return last
  }
}

function groupOf(groups: Map<string, Group>, name: string): Group {
  const known = groups.get(name)
  if (known !== undefined) return known
  const group = emptyGroup(name)
  groups.set(name, group)
  return group
}
