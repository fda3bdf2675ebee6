import type { Effect } from '../model/effects.ts'
import { isOpen, type NodeRepair, phaseOf } from '../model/node-repair.ts'
import type { View } from '../model/view.ts'
import { freeName } from './new-repair.ts'
import { say, statusOf, toPhase } from './status.ts'

/**
 * What a person deletes goes, and with it would go what was done to the machine and that a person wants it left alone. So
 * another repair of the node keeps both, parked. Undefined: there is one already.
 */
export function keepWithdrawn(repair: NodeRepair, view: View): Effect | undefined {
  if (!repair.deleting || repair.status?.reason !== 'Withdrawn') return undefined
  const { nodeName, nodeUID } = repair.spec
  const other = [...view.repairs.values()].find(
    (one) => one.uid !== '' && one.name !== repair.name && one.spec.nodeName === nodeName && isOpen(one),
  )
  // One that has nothing in it yet is what a leader opened for this before it died.
  if (other !== undefined && (phaseOf(other) !== 'Pending' || statusOf(other, view).attempts.length > 0))
    return undefined
  const message = `${repair.name} was deleted by a person`
  const status = toPhase(repair, view, 'Parked', {
    reason: 'Withdrawn',
    message,
    cordon: undefined,
    finishedAt: undefined,
  })
  const name = other?.name ?? freeName(nodeName, nodeUID, view)
  return {
    do: 'keep',
    name,
    status,
    said: say(
      'RepairParked',
      `${nodeName} is left alone, since ${message}: until it is well, or \`heald resume ${nodeName}\``,
      'warn',
    ),
  }
}
