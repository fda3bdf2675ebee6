import { LATE } from '../core/evidence/sources.ts'
import type { Finding } from '../core/model/finding.ts'
import { type Heartbeat, type NodeFacts, readyOf } from '../core/model/node.ts'
import type { Millis } from '../core/model/primitives.ts'
import type { Witness } from '../core/model/view.ts'
import type { Freshness } from './sight/freshness.ts'

/** A renewal within one period (10 s) and one poll of ours (5 s) is life; older is not yet death. */
const HEARTBEAT_ALIVE_MS = 15_000

type WitnessesOf = (
  node: NodeFacts,
  heartbeat: Heartbeat | undefined,
  probe: Finding | undefined,
) => { readonly witnesses: readonly Witness[]; readonly until: Millis }

/**
 * What is always observed of a suspect, configured as a check or not, and until when it says the same by time alone:
 * a heartbeat is alive, then late, then stale. Nodes of which the same is seen now share one object for it.
 */
export function createWitnesses(
  rules: Seeing & { readonly now: Millis; readonly heartbeatMaxAgeMs: Millis },
): WitnessesOf {
  const { now, heartbeatMaxAgeMs } = rules
  const leases = new Map<string, Witness>()
  const leaseWitness = ({ status, reason }: Pick<Finding, 'status' | 'reason'>): Witness => {
    const known = leases.get(reason)
    if (known !== undefined) return known
    const witness: Witness = { plane: 'lease', symptom: 'Silent', finding: { status, reason, seenAt: now } }
    leases.set(reason, witness)
    return witness
  }
  const noWord = kubeletWitness({ status: 'unknown', reason: 'NoWord', seenAt: now })
  return (node, heartbeat, probe) => {
    const ageMs = heartbeatAge(heartbeat, now, rules)
    const state = heartbeatState(ageMs, heartbeatMaxAgeMs)
    const word = state.status === 'pass' ? kubeletWord(node, now) : undefined
    const witnesses = [leaseWitness(state), word === undefined ? noWord : kubeletWitness(word)]
    if (probe !== undefined) witnesses.push({ plane: 'probe', symptom: 'Unreachable', finding: probe })
    return { witnesses, until: now + state.untilAgeMs - (ageMs ?? 0) }
  }
}

function kubeletWitness(finding: Finding): Witness {
  return { plane: 'kubelet', symptom: 'NotReady', finding }
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
function kubeletWord(node: NodeFacts, now: Millis): Finding | undefined {
  const ready = readyOf(node)
  if (ready === undefined || ready.status === 'Unknown') return undefined
  return ready.status === 'True'
    ? { status: 'pass', reason: 'KubeletReady', seenAt: now }
    : { status: 'fail', reason: ready.reason ?? 'KubeletNotReady', message: ready.message, seenAt: now }
}

export type Seeing = Pick<Freshness, 'seeingSince'> & Partial<Pick<Freshness, 'stoodSince'>>

/** Ages count from what our own eyes saw: time in which we were blind, or stood still, does not age anybody. */
export function heartbeatAge(
  heartbeat: Heartbeat | undefined,
  now: Millis,
  { seeingSince, stoodSince = () => 0 }: Seeing,
): Millis | undefined {
  if (heartbeat === undefined) return undefined
  const since = Math.max(heartbeat.changedAt, seeingSince)
  return now - since - stoodSince(since)
}
