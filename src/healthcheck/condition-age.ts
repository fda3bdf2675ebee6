import { KUBELET_CONDITIONS, type NodeFacts } from '../core/model/node.ts'
import type { Millis } from '../core/model/primitives.ts'
import { formatDuration } from '../lib/pure/duration.ts'
import { parseRfc3339 } from '../lib/pure/rfc3339.ts'

/** `standing`: its age does not matter. `fresh`: for `leftMs` more unless it is refreshed. */
export type ConditionAge =
  | { readonly state: 'standing' }
  | { readonly state: 'fresh'; readonly leftMs: Millis }
  | { readonly state: 'stale'; readonly why: string }

const STANDING: ConditionAge = { state: 'standing' }

/**
 * Whether what a third party said of the node still stands: a writer that died leaves its last word behind for ever. The
 * kubelet's own conditions are judged by its heartbeat. node-problem-detector refreshes its own every 5 min
 * (`--k8s-exporter-heartbeat-period`). Its clock is the node's: one that is wrong by more than `maxAgeMs`, either way,
 * tells nothing. `maxAgeMs` 0: everything stands.
 */
export function ageOf(
  facts: NodeFacts,
  type: string,
  { maxAgeMs, calendar }: { readonly maxAgeMs: Millis; readonly calendar: Millis },
): ConditionAge {
  const condition = KUBELET_CONDITIONS.has(type) ? undefined : facts.conditions.find((one) => one.type === type)
  if (condition === undefined || maxAgeMs === 0) return STANDING
  const what = `${type}=${condition.status}`
  const { lastHeartbeatTime } = condition
  const at = lastHeartbeatTime === undefined ? undefined : parseRfc3339(lastHeartbeatTime)
  if (at === undefined) return { state: 'stale', why: `${what} does not say when it was last refreshed` }
  const ageMs = calendar - at
  if (Math.abs(ageMs) <= maxAgeMs) return { state: 'fresh', leftMs: maxAgeMs - ageMs + 1 }
  const when = ageMs > 0 ? `${formatDuration(ageMs)} ago` : `in ${formatDuration(-ageMs)}, by a clock that is wrong`
  return { state: 'stale', why: `${what} was last refreshed ${when}; allowed are ${formatDuration(maxAgeMs)}` }
}
