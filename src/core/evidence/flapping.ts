import { formatDuration } from '../../lib/pure/duration.ts'
import type { CheckClock, CheckInfo, Finding, FindingStatus, FlappingRule, Flaps } from '../model/finding.ts'
import type { Millis } from '../model/primitives.ts'

/** The reason of a check that goes to and fro. */
export const FLAPPING = 'Flapping'
/** As many as fit into what a NodeRepair keeps of a message. */
const TOLD = 6

/**
 * The changes of a check after it was seen to pass or to fail. `stood`: for how long before that nothing was known, which
 * is no part of any window. Once it flaps it goes on doing so, however rarely it changes, until a window is quiet.
 */
export function countFlaps(
  clock: CheckClock | undefined,
  rule: FlappingRule | undefined,
  seen: Finding,
  stood: Millis,
): Flaps | undefined {
  if (clock === undefined || rule === undefined) return undefined
  const known = lastKnown(clock)
  const changed = known !== undefined && known !== seen.status
  const before = stillCounted(clock.flaps, rule, seen.seenAt, stood)
  if (!changed) return before
  const changes = [...(before?.changes ?? []), seen.seenAt].slice(-rule.changes)
  const [first = seen.seenAt] = changes
  const many = changes.length === rule.changes && seen.seenAt - first <= rule.windowMs
  return {
    changes,
    failed: seen.status === 'fail' ? seen : before?.failed,
    since: before?.since ?? (many ? first : undefined),
  }
}

function stillCounted(flaps: Flaps | undefined, rule: FlappingRule, at: Millis, stood: Millis): Flaps | undefined {
  if (flaps === undefined || at - stood - newest(flaps) >= rule.windowMs) return undefined
  return stood === 0 ? flaps : postponeFlaps(flaps, stood)
}

/** Time that is no part of any window. */
export function postponeFlaps({ changes, failed, since }: Flaps, by: Millis): Flaps {
  return { changes: changes.map((change) => change + by), failed, since: since && since + by }
}

export function newest({ changes }: Flaps): Millis {
  return changes.at(-1) ?? Number.NEGATIVE_INFINITY
}

/** Undefined: it was never seen, or not since our own sight came back. */
function lastKnown({ failingSince, passingSince }: CheckClock): FindingStatus | undefined {
  if (passingSince !== undefined) return 'pass'
  return failingSince === undefined ? undefined : 'fail'
}

/** The look of a check that flaps: evidence of the plane, and of the symptom, of its failures. */
export function asFlapping({ changes, failed }: Flaps, seen: Finding): Finding {
  const { plane, symptom, reason } = seen.status === 'fail' ? seen : (failed ?? seen)
  return { ...seen, status: 'fail', reason: FLAPPING, message: describe(changes, seen.status, reason), plane, symptom }
}

/** In stretches, not in moments: the text stays as it is until the next change. */
function describe(changes: readonly Millis[], now: FindingStatus, reason: string): string {
  const stretches: string[] = []
  let failed = now === 'pass'
  for (let index = changes.length - 1; index > 0 && stretches.length < TOLD; index--) {
    const lasted = formatDuration((changes[index] ?? 0) - (changes[index - 1] ?? 0))
    stretches.unshift(`${failed ? 'failed' : 'passed'} for ${lasted}`)
    failed = !failed
  }
  const span = formatDuration((changes.at(-1) ?? 0) - (changes[0] ?? 0))
  const state = now === 'pass' ? 'passes now' : 'fails now'
  return `${changes.length} changes within ${span} (${reason}): ${[...stretches, state].join(', ')}`
}

/** Of two clocks that are alike in all else. */
export function haveSameFlaps(a: Flaps | undefined, b: Flaps | undefined): boolean {
  if (a === b) return true
  if (a === undefined || b === undefined || a.since !== b.since || a.changes.length !== b.changes.length) return false
  const [one, other] = [a.failed, b.failed]
  if (one?.plane !== other?.plane || one?.symptom !== other?.symptom || one?.reason !== other?.reason) return false
  return a.changes.every((change, index) => change === b.changes[index])
}

/** What a check says is told by its reason; of one that flaps, its changes are, too. */
export function sayFinding({ reason, message }: Pick<Finding, 'reason' | 'message'>, forMs?: Millis): string {
  const lasts = forMs === undefined ? '' : ` for ${Math.round(forMs / 1_000)}s`
  return reason === FLAPPING && message !== undefined ? `${reason}${lasts}: ${message}` : `${reason}${lasts}`
}

/** When it flaps no more if it does not change again. */
export function quietAt({ check, flaps }: CheckClock): Millis | undefined {
  if (flaps?.since === undefined || check.flapping === undefined) return undefined
  return newest(flaps) + check.flapping.windowMs
}

/** When it has failed long enough for a plain failure if it fails now and does not change again. */
export function stuckAt(check: CheckInfo, flaps: Flaps): Millis {
  return newest(flaps) + check.unhealthyDurationMs
}

/** Of which nothing is heard, or that does not answer, again and again: the way to it may be what comes and goes. */
export function isCutOff({ check, flaps }: CheckClock): boolean {
  const plane = flaps?.failed?.plane ?? check.plane
  return plane === 'lease' || plane === 'probe'
}

/** Until when it counts that one of them failed twice within its window, at least, and because nothing was heard. */
export function restlessUntil(clocks: readonly CheckClock[]): Millis | undefined {
  let until: Millis | undefined
  for (const clock of clocks) {
    const { check, flaps } = clock
    if (flaps === undefined || check.flapping === undefined || flaps.changes.length < 3 || !isCutOff(clock)) continue
    until = Math.max(until ?? 0, newest(flaps) + check.flapping.windowMs)
  }
  return until
}

/**
 * It flaps, but passes for as long as it would have to fail: whatever made it flap may be over, and a machine that works
 * is not touched for what was. It stays bad until a whole window was quiet.
 */
export function isResting({ check, flaps, passingSince }: CheckClock, now: Millis): boolean {
  return flaps?.since !== undefined && passingSince !== undefined && now - passingSince >= check.unhealthyDurationMs
}
