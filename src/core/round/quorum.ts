import type { Policy } from '../model/policy.ts'
import type { QuorumGroup } from '../model/primitives.ts'
import type { View } from '../model/view.ts'
import type { GroupCounts } from './group-counts.ts'

export interface Quorum {
  /** How many nodes of the group there should be: what is configured, or the most that were seen in 7 days. */
  readonly size: number
  /** A majority of them. */
  readonly needed: number
  /** Those that neither fail nor are in repair. */
  readonly healthy: number
}

/** The count of today alone would shrink with every node that is lost, and a majority of the rest is no majority. */
export function countQuorum(view: View, policy: Policy, { quorum }: GroupCounts, group: QuorumGroup): Quorum {
  const { size: present, bad } = quorum[group]
  const [configured, seen] =
    group === 'etcd' ? [policy.etcdSize, view.etcdSeen] : [policy.controlPlaneSize, view.controlPlaneSeen]
  const size = configured ?? Math.max(seen, present)
  return { size, needed: Math.floor(size / 2) + 1, healthy: Math.max(0, present - bad) }
}
