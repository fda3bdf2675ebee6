import { type CheckClock, type Finding, type FindingStatus, isExpired } from '../model/finding.ts'
import { type NodeFacts, readyOf } from '../model/node.ts'
import type { Policy } from '../model/policy.ts'
import type { Millis } from '../model/primitives.ts'
import type { View } from '../model/view.ts'
import { isMute } from './clocks.ts'

/**
 * `well` = every check that says anything passes, the kubelet says Ready and its heartbeat is fresh. `unknown` = somebody
 * could not look; who has not been able to for long is not waited for.
 */
export type NodeHealth = 'well' | 'ill' | 'unknown'

/** What the finding says at `now`. */
export function statusAt(finding: Finding, now: Millis): FindingStatus {
  return isExpired(finding, now) ? 'unknown' : finding.status
}

/** `lookOf`: what counts of each check; what it says of the node unless told otherwise. */
export function nodeHealth(
  node: NodeFacts | undefined,
  view: View,
  policy: Policy,
  lookOf: (clock: CheckClock) => Finding = ({ finding }) => finding,
): NodeHealth {
  if (node === undefined || node.deleting) return 'ill'
  const heartbeat = view.heartbeats.get(node.name)
  if (heartbeat === undefined) return 'unknown'
  if (view.now - heartbeat.changedAt > policy.heartbeatMaxAgeMs) return 'ill'
  if (readyOf(node)?.status !== 'True') return 'ill'
  const clocks = view.suspicions.get(node.name)?.clocks ?? []
  const statuses = clocks.filter((clock) => !isMute(clock, view.now)).map((clock) => statusAt(lookOf(clock), view.now))
  if (statuses.includes('fail')) return 'ill'
  return statuses.includes('unknown') ? 'unknown' : 'well'
}
