import { type NodeFacts, quorumOfRole } from '../model/node.ts'
import { isUntouched, type NodeRepair } from '../model/node-repair.ts'
import type { Order } from '../model/order.ts'
import type { QuorumGroup, Role } from '../model/primitives.ts'
import type { View } from '../model/view.ts'

/** What its Node says. What stands in the repair is anybody's word: it counts only once there is no Node to ask. */
export function roleOf({ spec }: NodeRepair, view: Pick<View, 'nodes'>): Role {
  return view.nodes.get(spec.nodeName)?.role ?? spec.role
}

export function quorumOf({ spec }: NodeRepair, view: Pick<View, 'nodes'>): readonly QuorumGroup[] {
  return view.nodes.get(spec.nodeName)?.quorum ?? spec.quorum ?? quorumOfRole(spec.role)
}

export function poolOf({ spec }: NodeRepair, view: Pick<View, 'nodes'>): string {
  return view.nodes.get(spec.nodeName)?.pool ?? spec.pool
}

/** Whether it takes part in what is counted: not where nobody sees its Node, and nothing but its author vouches for it. */
export function isVouchedFor(repair: NodeRepair, view: Pick<View, 'nodes'>): boolean {
  return view.nodes.has(repair.spec.nodeName) || !isUntouched(repair)
}

/** The Node that stands for the repaired machine: the old name until a replacement is known, then whoever proves to be it. */
export function currentNode(repair: NodeRepair, view: View): NodeFacts | undefined {
  const { replacement, attempts = [] } = repair.status ?? {}
  // What heald has not made is written by somebody else's hand.
  if (replacement === undefined || attempts.every(({ rung }) => rung !== 'replace'))
    return view.nodes.get(repair.spec.nodeName)
  const id = replacement.instance.id
  let newest: NodeFacts | undefined
  for (const [name, instance] of view.instances) {
    const located = instance.located
    if (located === undefined || !('found' in located) || located.found.id !== id) continue
    // Where the cloud knows machines by name, the old Node is found on the new machine too.
    const node = view.nodes.get(name)
    if (node !== undefined && (newest?.createdAt ?? 0) <= (node.createdAt ?? 0)) newest = node
  }
  return newest
}

/**
 * Is this another life of the machine than the one that the order saw? The cloud's own start mark counts first,
 * because all nodes of a kind cluster report their host's boot id. A mark waits while the cloud can't be asked.
 */
export function isNewBoot(order: Order, subject: NodeFacts, view: View): boolean {
  const instance = view.instances.get(subject.name)
  const located = instance?.located
  const id = located !== undefined && 'found' in located ? located.found.id : undefined
  const state = instance?.error === undefined ? instance?.state : undefined
  if (state !== undefined && state.power !== 'running') return false
  if (order.rung === 'replace') return id !== undefined && id !== order.instance.id
  // Another machine under the old name proves nothing about this one.
  if (located !== undefined && id !== order.instance.id) return false
  if (order.rung === 'start') return state?.power === 'running'
  if (order.bootMark !== undefined && (state === undefined || state.bootMark !== undefined)) {
    return state !== undefined && state.bootMark !== order.bootMark
  }
  return subject.bootID !== undefined && subject.bootID !== order.bootID
}
