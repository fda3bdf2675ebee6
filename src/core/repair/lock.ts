import type { NodeRepair } from '../model/node-repair.ts'
import { isOpen, phaseOf } from '../model/node-repair.ts'
import type { RungPolicy } from '../model/policy.ts'
import type { View } from '../model/view.ts'
import { type Batch, batchIdOf } from './batch.ts'

/** A lock that was held is asked for again after so long: the cloud gets a moment between two orders. */
export const LOCKED_MS = 5_000

/**
 * Why this rung can't begin now: orders with the same lock key are never in flight together, unless in one step.
 * Undefined: the lock is free.
 */
export function lockedBy(
  repair: NodeRepair,
  rung: RungPolicy,
  view: View,
  batch: Batch | undefined,
): string | undefined {
  const keyOf = (node: string, name: string): string | undefined =>
    view.instances.get(node)?.plans.find((plan) => plan.rung === name)?.lockKey
  const key = keyOf(repair.spec.nodeName, rung.rung)
  if (key === undefined) return 'the cloud names no lock for it'
  for (const other of view.repairs.values()) {
    if (other.name === repair.name || !isOpen(other) || phaseOf(other) !== 'Acting') continue
    if (batch !== undefined && batchIdOf(other) === batch.id) continue
    const name = other.status?.rung ?? ''
    if (keyOf(other.spec.nodeName, name) === key) return `${name} of ${other.spec.nodeName} holds it`
  }
  return undefined
}
