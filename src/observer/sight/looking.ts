import type { Finding } from '../../core/model/finding.ts'
import type { Millis } from '../../core/model/primitives.ts'
import type { Stalls } from '../../core/ports/stalls.ts'

/**
 * What a look that began at `startedAt` says of a node, now that it has ended. While we stand still nobody reads answers,
 * and then all our time limits are over at once: a failure is ours. Who answered did answer.
 */
export function sawAwake(finding: Finding, stalls: Stalls, startedAt: Millis): Finding {
  if (finding.status !== 'fail') return finding
  stalls.notice()
  const stoodMs = stalls.since(startedAt)
  if (stoodMs === 0) return finding
  const message = `heald's own process stood still for ${Math.round(stoodMs / 1_000)} s of this look (${finding.reason})`
  return { ...finding, status: 'unknown', reason: 'OwnStall', message }
}
