import { lastAttempt, type NodeRepair, phaseOf, runningAttempt, takesSlot } from '../../model/node-repair.ts'
import type { Round } from '../../round/round.ts'

/** Who has a slot of InFlight. */
export interface Slots {
  readonly masters: number
  inPool(name: string): number
  /** How many come before this repair for the slots of its pool, and of the control plane; undefined: it has no slot. */
  rankOf(repair: NodeRepair): { readonly inPool: number; readonly amongMasters: number } | undefined
}

/** Those that act already come first, then the oldest: when a limit was lowered, the same ones stay inside of it. */
export function countSlots({ open, view }: Round): Slots {
  const pools = new Map<string, number>()
  const ranks = new Map<string, { readonly inPool: number; readonly amongMasters: number }>()
  let masters = 0
  const order = open
    .filter(takesSlot)
    .sort((a, b) => waiting(a) - waiting(b) || a.createdAt - b.createdAt || (a.name < b.name ? -1 : 1))
  for (const repair of order) {
    const pool = view.nodes.get(repair.spec.nodeName)?.pool ?? repair.spec.pool
    const inPool = pools.get(pool) ?? 0
    ranks.set(repair.name, { inPool, amongMasters: masters })
    pools.set(pool, inPool + 1)
    if (repair.spec.role === 'master') masters += 1
  }
  return { masters, inPool: (name) => pools.get(name) ?? 0, rankOf: ({ name }) => ranks.get(name) }
}

function waiting(repair: NodeRepair): number {
  if (runningAttempt(repair) !== undefined) return 0
  if (phaseOf(repair) !== 'Pending') return 1
  return lastAttempt(repair) === undefined ? 3 : 2
}
