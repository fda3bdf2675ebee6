import type { NodeFacts } from '../model/node.ts'
import type { Millis } from '../model/primitives.ts'
import type { View } from '../model/view.ts'

export interface Restless {
  readonly name: string
  readonly until: Millis
}

/** Another node of the same pool or zone that has come and gone lately: the one of which that counts the longest. */
export function findRestless(view: View): (node: NodeFacts) => Restless | undefined {
  let groups: ReadonlyMap<string, readonly Restless[]> | undefined
  return ({ name, pool, zone }) => {
    groups ??= groupRestless(view)
    const others = [...(groups.get(`pool ${pool}`) ?? []), ...(groups.get(`zone ${zone}`) ?? [])]
    return others.find((other) => other.name !== name)
  }
}

/** Two of each group are enough: one of them is another one, whoever asks. */
function groupRestless({ now, nodes, restless }: View): ReadonlyMap<string, readonly Restless[]> {
  const groups = new Map<string, Restless[]>()
  const add = (group: string, one: Restless): void => {
    const known = groups.get(group)
    if (known === undefined) groups.set(group, [one])
    else if (known.length < 2) known.push(one)
  }
  const latest = [...restless].sort(([a, untilA], [b, untilB]) => untilB - untilA || (a < b ? -1 : 1))
  for (const [name, until] of latest) {
    const node = nodes.get(name)
    if (node === undefined || until <= now) continue
    add(`pool ${node.pool}`, { name, until })
    if (node.zone !== undefined) add(`zone ${node.zone}`, { name, until })
  }
  return groups
}
