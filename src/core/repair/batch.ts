import type { Attempt, NodeRepair } from '../model/node-repair.ts'
import { lastAttempt, phaseOf, runningAttempt } from '../model/node-repair.ts'
import type { Order, StepResult } from '../model/order.ts'
import type { RungName } from '../model/rungs.ts'
import type { View } from '../model/view.ts'

/** In no name of a repair. What follows it is common to the orders that go together, and so outlives a leader. */
const MARK = '@'

/** One repair of an act, with the attempt that is under way. */
export interface Member {
  readonly repair: NodeRepair
  readonly attempt: Attempt
}

/** What goes to the cloud in one step: mostly one order of one repair. */
export interface Act {
  readonly members: readonly Member[]
  /** By key, so that every leader gives them in the same order; those that have ended already included. */
  readonly orders: readonly Order[]
}

/** What a new act is named by, where several repairs begin one together. */
export interface Batch {
  readonly id: string
  readonly key: string
}

export function actOf(members: readonly Member[], ended: readonly Order[] = []): Act {
  const orders = [...members.map(({ attempt }) => attempt.order), ...ended]
  return { members, orders: orders.sort((a, b) => (a.key < b.key ? -1 : 1)) }
}

/** Of what became of all of an act, what became of this one. */
export function shareOf(result: StepResult, { orders }: Act, { attempt }: Member): StepResult {
  if (result.state !== 'done' || orders.length === 1) return result
  const replacement = result.replacements?.[attempt.order.key]
  return replacement === undefined ? { state: 'done' } : { state: 'done', replacement }
}

export function orderKey(repair: NodeRepair, attempt: number, batch: Batch | undefined): string {
  // A deleted repair's name may be given again, and the cloud must not take the new order for the old one.
  const own = `${repair.name}/${repair.uid.slice(0, 8)}/${attempt}`
  return batch === undefined ? own : `${own}${MARK}${batch.id}`
}

export function newBatch(repair: NodeRepair, key: string): Batch {
  return { id: `${repair.uid.slice(0, 8)}.${(lastAttempt(repair)?.id ?? 0) + 1}`, key }
}

export function batchIdOf(repair: NodeRepair): string | undefined {
  return lastAttempt(repair)?.order.key.split(MARK)[1]
}

export function batchKeyOf(node: string, rung: RungName, view: View): string | undefined {
  return view.instances.get(node)?.plans.find((plan) => plan.rung === rung)?.batchKey
}

/** The other repairs whose attempt under way is part of the same act. */
export function companionsInAct(repair: NodeRepair, view: View): readonly NodeRepair[] {
  const batch = batchIdOf(repair)
  if (batch === undefined) return []
  return [...view.repairs.values()].filter(
    (one) => one.name !== repair.name && batchIdOf(one) === batch && isActing(one),
  )
}

function isActing(repair: NodeRepair): boolean {
  return phaseOf(repair) === 'Acting' && runningAttempt(repair) !== undefined
}

/** The act that this attempt is part of, together with these others. */
export function actUnderWay(repair: NodeRepair, attempt: Attempt, others: readonly string[], view: View): Act {
  const members: Member[] = [{ repair, attempt }]
  for (const name of others) {
    const other = view.repairs.get(name)
    const running = other === undefined ? undefined : runningAttempt(other)
    if (other !== undefined && running !== undefined) members.push({ repair: other, attempt: running })
  }
  return actOf(members, endedOrders(repair, view))
}

/** Those of the same act that the cloud has confirmed: it needs to hear of them, so that it takes no successor twice. */
function endedOrders(repair: NodeRepair, view: View): readonly Order[] {
  const batch = batchIdOf(repair)
  if (batch === undefined) return []
  return [...view.repairs.values()].flatMap((one) => {
    const last = lastAttempt(one)
    const ended = last?.state === 'Confirmed' || last?.state === 'Verified'
    return ended && !isActing(one) && batchIdOf(one) === batch ? [last.order] : []
  })
}
