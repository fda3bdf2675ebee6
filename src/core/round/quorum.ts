import type { Policy } from '../model/policy.ts'
import type { View } from '../model/view.ts'
import type { GroupCounts } from './group-counts.ts'

export interface Quorum {
  /** How many control-plane nodes there should be: what is configured, or the most that were seen in 7 days. */
  readonly size: number
  /** A majority of them. */
  readonly needed: number
  /** Control-plane nodes that neither fail nor are in repair. */
  readonly healthy: number
}

/** The count of today alone would shrink with every node that is lost, and a majority of the rest is no majority. */
export function countQuorum(view: View, policy: Policy, { masters }: GroupCounts): Quorum {
  const size = policy.controlPlaneSize ?? Math.max(view.controlPlaneSeen, masters.size)
  return { size, needed: Math.floor(size / 2) + 1, healthy: Math.max(0, masters.size - masters.bad) }
}
