import { type NodeRepair, ownerOf } from '../core/model/node-repair.ts'
import type { Tell } from '../core/ports/log.ts'

/**
 * Whether a repair is another heald's than the one of this Lease. Each such Lease is told of once, with what `holderOf` says of it
 * in words ("held by ..."), which never rejects: there should be one.
 */
export function createStrangers(
  own: string,
  tell: Tell,
  holderOf: (lease: string) => Promise<string>,
): (repair: Pick<NodeRepair, 'spec'>) => boolean {
  const known = new Set([own])
  return ({ spec }) => {
    const owner = ownerOf(spec)
    if (!known.has(owner)) {
      known.add(owner)
      void holderOf(owner).then((holder) => {
        const message = `another heald, Lease ${owner}, ${holder}, has NodeRepairs in this cluster, and ours is ${own}: what it has in hand is left alone; there should be one Lease per cluster`
        tell({ level: 'warn', reason: 'AnotherHeald', message })
      })
    }
    return owner !== own
  }
}
