import { formatDuration } from '../../lib/pure/duration.ts'
import { parseRfc3339 } from '../../lib/pure/rfc3339.ts'
import { dueAt, isFailing } from '../clocks.ts'
import { type Attempt, FINISHED_ATTEMPTS, lastAttempt, type NodeRepair } from '../node-repair.ts'
import { type Subject, toMonotonic } from '../round.ts'
import type { CheckClock, Millis } from '../types.ts'
import type { GateResult, View } from '../view.ts'
import { type Gate, no, ok, yes } from './gate.ts'

const NAME = 'UnhealthyFor'
const OK = ok(NAME)
const NOTHING_FAILS = no(NAME, { reason: 'NotFailing', message: 'no check fails now' })
export const UNREADABLE = 'AttemptUnreadable'

/** Some check must have failed without a break for its whole duration; after each attempt, once more. */
export const unhealthyFor: Gate = {
  name: NAME,
  begin:
    ({ view }) =>
    (subject) => {
      const since = subject.repair === undefined ? Number.NEGATIVE_INFINITY : endOfLastAttempt(subject.repair, view)
      if (since === undefined) return unreadable(subject)
      const soonest = soonestDue(subject, view.now, since)
      if (soonest === undefined) return NOTHING_FAILS
      const { clock, at } = soonest
      const failedMs = view.now - Math.max(clock.failingSince ?? view.now, since)
      const needMs = clock.check.unhealthyDurationMs
      if (view.now < at) return notYet(clock, failedMs, needMs, at)
      if (!subject.detail) return OK
      const message = `${clock.check.name} has failed for ${formatDuration(failedMs)} (${clock.finding.reason}); ${formatDuration(needMs)} were needed`
      return yes(NAME, message, { check: clock.check.name, failedMs }, { failedMs: needMs })
    },
}

function soonestDue(
  { suspicion }: Subject,
  now: Millis,
  since: Millis,
): { readonly clock: CheckClock; readonly at: Millis } | undefined {
  let soonest: { clock: CheckClock; at: Millis } | undefined
  for (const clock of suspicion?.clocks ?? []) {
    const due = dueAt(clock)
    if (due === undefined || !isFailing(clock, now)) continue
    const at = Math.max(due, since + clock.check.unhealthyDurationMs)
    if (soonest === undefined || at < soonest.at) soonest = { clock, at }
  }
  return soonest
}

function notYet(clock: CheckClock, failedMs: Millis, needMs: Millis, at: Millis): GateResult {
  const { name } = clock.check
  return {
    gate: NAME,
    pass: false,
    reason: 'NotYet',
    message: `${name} fails (${clock.finding.reason}) for ${Math.max(0, Math.floor(failedMs / 1_000))} s; acting starts at ${needMs / 1_000} s`,
    have: { check: name, failedMs },
    need: { failedMs: needMs },
    changesAt: at,
  }
}

function unreadable({ repair }: Subject): GateResult {
  const attempt = repair === undefined ? undefined : lastAttempt(repair)
  const message = `the time of attempt ${attempt?.id} of ${repair?.name} is unreadable, so nobody knows how long the node has failed since`
  return no(NAME, { reason: UNREADABLE, message, have: endTime(attempt) ?? null, need: 'an RFC 3339 time' })
}

/** -Infinity: there was none. Undefined: there was one, at no readable time. */
function endOfLastAttempt(repair: NodeRepair, view: View): Millis | undefined {
  const last = lastAttempt(repair)
  if (last === undefined || !FINISHED_ATTEMPTS.includes(last.state)) return Number.NEGATIVE_INFINITY
  const at = parseRfc3339(endTime(last) ?? '')
  return at === undefined ? undefined : toMonotonic(view, at)
}

function endTime(attempt: Attempt | undefined): string | undefined {
  return attempt?.finishedAt ?? attempt?.issuedAt
}
