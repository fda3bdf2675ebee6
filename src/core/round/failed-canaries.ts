import { isApproved } from '../annotations/approval.ts'
import { isProvenOff } from '../model/instance.ts'
import { isUnproven, type NodeRepair, phaseOf } from '../model/node-repair.ts'
import type { Millis } from '../model/primitives.ts'
import type { RungName } from '../model/rungs.ts'
import type { View } from '../model/view.ts'

/** What did not help on one node will not help on those that failed with it, for as long as this. */
export const CANARY_REMEMBERED_MS: Millis = 86_400_000

/** A repair that has shown that its rungs do not help against what it shares with others. */
export interface FailedCanary {
  readonly node: string
  readonly repair: string
  readonly since: Millis
  readonly tried: readonly RungName[]
  /** Still failing, or waiting for a person. */
  readonly open: boolean
}

/** The repair of a machine that left under our hands: nobody can say that the act helped. */
const LOST: ReadonlySet<unknown> = new Set(['InstanceGone', 'NodeGone', 'NodeReplaced'])

/** All but since when; undefined: it is too old, has helped or may still help, or a person or the cloud has spoken since. */
export function failedCanary(repair: NodeRepair, view: View): Omit<FailedCanary, 'since'> | undefined {
  if (view.calendar - repair.createdAt >= CANARY_REMEMBERED_MS) return undefined
  const tried = failedRungs(repair)
  const phase = phaseOf(repair)
  const open = isUnproven(repair)
  const failed =
    (phase === 'Parked' && repair.status?.reason !== 'Withdrawn') ||
    (tried.length > 0 && (open || (phase === 'Cancelled' && LOST.has(repair.status?.reason))))
  if (!failed) return undefined
  if (isProvenOff(view.instances.get(repair.spec.nodeName))) return undefined
  if (isApproved(repair, view.calendar)) return undefined
  return { node: repair.spec.nodeName, repair: repair.name, tried, open: open || phase === 'Parked' }
}

function failedRungs({ status }: NodeRepair): readonly RungName[] {
  const failed = (status?.attempts ?? []).filter(({ state }) => state === 'Failed')
  return [...new Set(failed.map(({ rung }) => rung))]
}
