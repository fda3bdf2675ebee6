import { epochDoubt } from '../model/fenced.ts'
import type { NodeRepair } from '../model/node-repair.ts'

/**
 * Why nothing is done by what a repair says; undefined: it is believed. Whoever may create NodeRepairs can write one that
 * no leader wrote. `own`: the highest epoch that heald's Lease was seen to have, undefined before the first look at it.
 */
export function doubtOf(repair: NodeRepair, own: number | undefined): string | undefined {
  return (own === undefined ? undefined : epochDoubt(repair, own)) ?? orderDoubt(repair)
}

/** An order is for the repair's own machine, or for the one that heald has put in its place. */
function orderDoubt({ spec, status }: NodeRepair): string | undefined {
  if (spec.instance === undefined) return undefined
  const own = [spec.instance.id, status?.replacement?.instance.id]
  const other = status?.attempts.find(({ order }) => !own.includes(order.instance.id))
  if (other === undefined) return undefined
  return `its attempt ${other.id} is an order for machine ${other.order.instance.id}, and the repair is of ${spec.instance.id}`
}
