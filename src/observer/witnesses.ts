import type { Finding } from '../core/model/finding.ts'
import type { Heartbeat, NodeFacts } from '../core/model/node.ts'
import type { Millis } from '../core/model/primitives.ts'
import type { Witness } from '../core/model/view.ts'

/** A renewal within one period (10 s) and one poll of ours (5 s) is life; older is not yet death. */
const HEARTBEAT_ALIVE_MS = 15_000

/** What is always observed of a suspect, configured as a check or not. */
export function witnessesOf(
  node: NodeFacts,
  heartbeatAgeMs: Millis | undefined,
  maxAgeMs: Millis,
  probe: Finding | undefined,
  now: Millis,
): readonly Witness[] {
  const heartbeat = heartbeatFinding(heartbeatAgeMs, maxAgeMs, now)
  const witnesses: Witness[] = [
    { plane: 'lease', symptom: 'Silent', finding: heartbeat },
    { plane: 'kubelet', symptom: 'NotReady', finding: kubeletFinding(node, heartbeat.status === 'pass', now) },
  ]
  if (probe !== undefined) witnesses.push({ plane: 'probe', symptom: 'Unreachable', finding: probe })
  return witnesses
}

function heartbeatFinding(ageMs: Millis | undefined, maxAgeMs: Millis, now: Millis): Finding {
  if (ageMs === undefined) return { status: 'unknown', reason: 'NoLease', seenAt: now }
  const message = `last renewed ${Math.round(ageMs / 1_000)} s ago`
  if (ageMs > maxAgeMs) return { status: 'fail', reason: 'HeartbeatStale', message, seenAt: now }
  if (ageMs <= Math.min(HEARTBEAT_ALIVE_MS, maxAgeMs))
    return { status: 'pass', reason: 'HeartbeatFresh', message, seenAt: now }
  return { status: 'unknown', reason: 'HeartbeatLate', message, seenAt: now }
}

/** Ready is the kubelet's own word only while the kubelet speaks: what a silent one said last is no evidence. */
function kubeletFinding(node: NodeFacts, alive: boolean, now: Millis): Finding {
  const ready = node.conditions.find((condition) => condition.type === 'Ready')
  if (!alive || ready === undefined || ready.status === 'Unknown') {
    return { status: 'unknown', reason: 'NoWord', seenAt: now }
  }
  return ready.status === 'True'
    ? { status: 'pass', reason: 'KubeletReady', seenAt: now }
    : { status: 'fail', reason: ready.reason ?? 'KubeletNotReady', message: ready.message, seenAt: now }
}

/** Ages count from what our own eyes saw: time in which we were blind does not age anybody. */
export function heartbeatAge(heartbeat: Heartbeat | undefined, now: Millis, seeingSince: Millis): Millis | undefined {
  return heartbeat === undefined ? undefined : now - Math.max(heartbeat.changedAt, seeingSince)
}
