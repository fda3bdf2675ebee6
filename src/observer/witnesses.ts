import { LATE } from '../core/evidence/sources.ts'
import type { Finding } from '../core/model/finding.ts'
import { type Heartbeat, type NodeFacts, readyOf } from '../core/model/node.ts'
import type { Millis } from '../core/model/primitives.ts'
import type { Witness } from '../core/model/view.ts'

/** A renewal within one period (10 s) and one poll of ours (5 s) is life; older is not yet death. */
const HEARTBEAT_ALIVE_MS = 15_000

/**
 * What is always observed of a suspect, configured as a check or not, and until when it says the same by time alone:
 * a heartbeat is alive, then late, then stale.
 */
export function witnessesOf(
  node: NodeFacts,
  heartbeat: Heartbeat | undefined,
  probe: Finding | undefined,
  {
    now,
    seeingSince,
    heartbeatMaxAgeMs,
  }: { readonly now: Millis; readonly seeingSince: Millis; readonly heartbeatMaxAgeMs: Millis },
): { readonly witnesses: readonly Witness[]; readonly until: Millis } {
  const ageMs = heartbeatAge(heartbeat, now, seeingSince)
  const { status, reason, untilAgeMs } = heartbeatState(ageMs, heartbeatMaxAgeMs)
  const witnesses: Witness[] = [
    { plane: 'lease', symptom: 'Silent', finding: { status, reason, seenAt: now } },
    { plane: 'kubelet', symptom: 'NotReady', finding: kubeletFinding(node, status === 'pass', now) },
  ]
  if (probe !== undefined) witnesses.push({ plane: 'probe', symptom: 'Unreachable', finding: probe })
  return { witnesses, until: now + untilAgeMs - (ageMs ?? 0) }
}

function heartbeatState(
  ageMs: Millis | undefined,
  maxAgeMs: Millis,
): Pick<Finding, 'status' | 'reason'> & { readonly untilAgeMs: Millis } {
  const never = Number.POSITIVE_INFINITY
  if (ageMs === undefined) return { status: 'unknown', reason: 'NoLease', untilAgeMs: never }
  if (ageMs > maxAgeMs) return { status: 'fail', reason: 'HeartbeatStale', untilAgeMs: never }
  const aliveMs = Math.min(HEARTBEAT_ALIVE_MS, maxAgeMs)
  if (ageMs <= aliveMs) return { status: 'pass', reason: 'HeartbeatFresh', untilAgeMs: aliveMs }
  return { status: 'unknown', reason: LATE, untilAgeMs: maxAgeMs }
}

/** Ready is the kubelet's own word only while the kubelet speaks: what a silent one said last is no evidence. */
function kubeletFinding(node: NodeFacts, alive: boolean, now: Millis): Finding {
  const ready = readyOf(node)
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
