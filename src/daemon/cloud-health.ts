import { isUnhealthy } from '../core/evidence/clocks.ts'
import type { ClusterHealth } from '../core/model/instance.ts'
import { isOpen } from '../core/model/node-repair.ts'
import type { View } from '../core/model/view.ts'

/**
 * What the cloud is told about its cluster: a node is ill while it is in repair, and from the moment at which a check has
 * failed for its whole duration, so that a short blip is not told. Undefined: heald sees too little to say anything.
 */
export function healthOf({ nodes, suspicions, repairs, sight, now }: View): ClusterHealth | undefined {
  if (sight.blindSince !== undefined || nodes.size === 0) return undefined
  const inRepair = new Set([...repairs.values()].filter(isOpen).map(({ spec }) => spec.nodeName))
  const told = new Map<string, { readonly ready: boolean; readonly reason?: string }>()
  for (const [name, { notOurs }] of nodes) {
    if (notOurs !== undefined) continue
    const failing = suspicions.get(name)?.clocks.find((clock) => isUnhealthy(clock, now))
    if (failing !== undefined) told.set(name, { ready: false, reason: failing.finding.reason })
    else if (inRepair.has(name)) told.set(name, { ready: false, reason: 'InRepair' })
    else told.set(name, { ready: true })
  }
  return { healthy: [...told.values()].every(({ ready }) => ready), nodes: told }
}
