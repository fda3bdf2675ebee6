import { type CheckClock, type CheckInfo, type Finding, isExpired } from '../model/finding.ts'
import type { Millis } from '../model/primitives.ts'
import { asFlapping, countFlaps, newest, postponeFlaps, quietAt, stuckAt } from './flapping.ts'

/** Who has said nothing for this long may never be able to: it is not waited for any more. */
const MUTE_MS: Millis = 120_000

/**
 * The clock of one (node, check) pair after one more look. Call it with every new finding, and with the latest one again
 * whenever `changesAt` says so.
 *
 * `fail` starts failing-since; `pass` clears it once it has lasted for `healthyDuration`; `unknown` does neither, and the time
 * it lasts counts neither as failing nor as passing: both clocks stand still, until it has lasted for so long that what was
 * before it says nothing about now. A finding older than the last one is ignored. A check that flaps fails, whatever was
 * seen last, until a whole window has passed without a change; once it has failed for `unhealthyDuration` on end, it is a
 * plain failure.
 */
export function stepClock(
  previous: CheckClock | undefined,
  check: CheckInfo,
  finding: Finding,
  now: Millis,
): CheckClock {
  const next = step(previous, check, finding, now)
  const never = finding.status !== 'pass' && (previous === undefined || previous.neverPassed === true)
  return never ? { ...next, neverPassed: true } : next
}

function step(previous: CheckClock | undefined, check: CheckInfo, finding: Finding, now: Millis): CheckClock {
  const last = previous === undefined ? undefined : lastLook(previous)
  const before = last === undefined ? undefined : asOf(last, now)
  const fresh = asOf(last !== undefined && finding === previous?.finding ? last : finding, now)
  // By when it was seen, not by when it expired: a late one must not come back as a fresh unknown.
  const overtaken = last !== undefined && before !== undefined && Math.min(finding.seenAt, now) < last.seenAt
  const seen = overtaken ? before : fresh
  const stood = before?.status === 'unknown' ? Math.max(0, seen.seenAt - before.seenAt) : 0
  const silent = previous === undefined ? undefined : silentSince(previous, now)
  const forgotten = silent !== undefined && seen.seenAt - silent >= Math.max(MUTE_MS, check.unhealthyDurationMs)
  const failingSince = forgotten ? undefined : later(previous?.failingSince, stood)
  const passingSince = forgotten ? undefined : later(previous?.passingSince, stood)

  if (seen.status === 'unknown') {
    const unknownSince = silent ?? seen.seenAt
    const flaps = forgotten ? undefined : previous?.flaps
    return { check, finding: seen, seen: undefined, failingSince, passingSince, unknownSince, flaps }
  }
  const flaps = forgotten ? undefined : countFlaps(previous, check.flapping, seen, stood)
  const fails = seen.status === 'fail'
  const passing = fails ? undefined : (passingSince ?? seen.seenAt)
  if (flaps?.since !== undefined && fails && now >= stuckAt(check, flaps)) {
    return { check, finding: seen, seen: undefined, failingSince: newest(flaps), passingSince: undefined, flaps }
  }
  if (flaps?.since !== undefined) {
    const since = Math.min(failingSince ?? flaps.since, flaps.since)
    const flapping = asFlapping(flaps, seen)
    return { check, finding: flapping, seen, failingSince: since, passingSince: passing, flaps }
  }
  const well = passing !== undefined && now - passing >= check.healthyDurationMs
  const since = fails ? (failingSince ?? seen.seenAt) : well ? undefined : failingSince
  return { check, finding: seen, seen: undefined, failingSince: since, passingSince: passing, flaps }
}

/** What was seen last, as it was seen: a check that flaps says something else. */
export function lastLook({ finding, seen }: CheckClock): Finding {
  return seen ?? finding
}

/** After a gap in our own sight nothing is known: failing begins anew at the first fail that is seen after it. */
export function restartClock(clock: CheckClock, now: Millis): CheckClock {
  const finding: Finding = { status: 'unknown', reason: 'SightGap', seenAt: now }
  const { check, neverPassed } = clock
  const restarted = { check, finding, failingSince: undefined, passingSince: undefined, unknownSince: now }
  return neverPassed ? { ...restarted, neverPassed } : restarted
}

/** Nobody looked for `by`, since we ourselves stood still: that time counts neither as failing nor as passing. */
export function postponeClock(clock: CheckClock, by: Millis): CheckClock {
  const { failingSince, passingSince, unknownSince, flaps } = clock
  return {
    ...clock,
    failingSince: later(failingSince, by),
    passingSince: later(passingSince, by),
    unknownSince: later(unknownSince, by),
    flaps: flaps && postponeFlaps(flaps, by),
  }
}

/** A new boot is proven: what failed before it says nothing of what runs now. */
export function renewClock(clock: CheckClock, now: Millis): CheckClock {
  const finding = lastLook(clock)
  const failingSince = finding.status === 'fail' ? now : undefined
  return { ...clock, finding, seen: undefined, failingSince, flaps: undefined }
}

/** Failing now, for any length of time. */
export function isFailing(clock: CheckClock, now: Millis): boolean {
  return clock.failingSince !== undefined && asOf(clock.finding, now).status === 'fail'
}

/** Failing now, and for `unhealthyDuration`. */
export function isUnhealthy(clock: CheckClock, now: Millis): boolean {
  const due = dueAt(clock)
  return due !== undefined && now >= due && isFailing(clock, now)
}

/** It has said nothing for so long that it neither proves nor disproves anything: a condition that a node does not have never passes. */
export function isMute(clock: CheckClock, now: Millis): boolean {
  const since = silentSince(clock, now)
  return since !== undefined && now - since >= MUTE_MS
}

function silentSince({ finding, unknownSince }: CheckClock, now: Millis): Millis | undefined {
  if (finding.status === 'unknown') return unknownSince
  return isExpired(finding, now) ? finding.validUntil : undefined
}

/** No check fails, and none has failed a short while ago. */
export function isQuiet(clocks: readonly CheckClock[], now: Millis): boolean {
  const passes = ({ passingSince, finding, check }: CheckClock): boolean =>
    passingSince !== undefined &&
    asOf(finding, now).status === 'pass' &&
    now - passingSince >= Math.max(MUTE_MS, check.healthyDurationMs)
  return clocks.length > 0 && clocks.every((clock) => passes(clock) || isMute(clock, now))
}

/** When it becomes unhealthy if it goes on failing; undefined while it does not fail. */
export function dueAt(clock: CheckClock): Millis | undefined {
  if (clock.finding.status !== 'fail' || clock.failingSince === undefined) return undefined
  return clock.failingSince + clock.check.unhealthyDurationMs
}

/** The next moment after `now` at which the clock changes though nothing new is seen: due, well again, expired, or judged anew. */
export function changesAt(clock: CheckClock, now: Millis): Millis | undefined {
  const { finding, check, failingSince, passingSince } = clock
  const wellAt =
    finding.status === 'pass' && failingSince !== undefined && passingSince !== undefined
      ? passingSince + check.healthyDurationMs
      : undefined
  const stuck = clock.flaps?.since === undefined ? undefined : stuckAt(check, clock.flaps)
  const moments = [dueAt(clock), wellAt, quietAt(clock), stuck, finding.validUntil, finding.changesAt]
  const ahead = moments.filter((at): at is Millis => at !== undefined && at > now)
  return ahead.length === 0 ? undefined : Math.min(...ahead)
}

/** The finding as it counts at `now`: expired is unknown since it expired, and nothing was seen in the future. */
function asOf(finding: Finding, now: Millis): Finding {
  const { validUntil } = finding
  if (validUntil !== undefined && isExpired(finding, now) && finding.status !== 'unknown') {
    const message = `last seen: ${finding.status} (${finding.reason})`
    return { status: 'unknown', reason: 'Expired', message, seenAt: Math.min(validUntil, now) }
  }
  return finding.seenAt <= now ? finding : { ...finding, seenAt: now }
}

function later(since: Millis | undefined, by: Millis): Millis | undefined {
  return since === undefined ? undefined : since + by
}
