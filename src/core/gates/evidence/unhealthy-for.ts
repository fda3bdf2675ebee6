import { formatDuration } from '../../../lib/pure/duration.ts'
import { parseRfc3339 } from '../../../lib/pure/rfc3339.ts'
import { describeRequest } from '../../annotations/request.ts'
import { dueAt, isFailing } from '../../evidence/clocks.ts'
import { isResting, quietAt, sayFinding } from '../../evidence/flapping.ts'
import type { CheckClock, CheckInfo } from '../../model/finding.ts'
import { type Attempt, FINISHED_ATTEMPTS, lastAttempt, type NodeRepair } from '../../model/node-repair.ts'
import type { Millis } from '../../model/primitives.ts'
import type { GateResult, Suspicion, View } from '../../model/view.ts'
import type { Candidate } from '../../round/candidate.ts'
import { type Gate, no, ok, oncePer, yes } from '../../round/gate.ts'
import { countLate } from '../../round/late.ts'
import { findPastActs, type PastAct } from '../../round/past-acts.ts'
import { toMonotonic } from '../../round/round.ts'

const NAME = 'UnhealthyFor'
const OK = ok(NAME)
const NONE: readonly never[] = []
const NOTHING_FAILS = no(NAME, { reason: 'NotFailing', message: 'no check fails now' })
export const UNREADABLE = 'AttemptUnreadable'

/** Some check must have failed without a break for its whole duration; after each act on the machine, once more. */
export const unhealthyFor: Gate = {
  name: NAME,
  begin(round) {
    const { view } = round
    const late = countLate(round)
    const pastActOf = findPastActs(round)
    // Most suspects of a bad day are not due, and many began to fail at the same moment: they share one answer.
    const waits = oncePer((check: CheckInfo) => {
      const message = notYetText(check)
      return oncePer((from: Millis) => notYet(check, from, view.now, message))
    })
    return (subject) => {
      const { repair, suspicion, detail } = subject
      if (suspicion?.request !== undefined) {
        return detail ? yes(NAME, `${describeRequest(suspicion.request)}; nothing has to fail for that`) : OK
      }
      const own = repair === undefined ? Number.NEGATIVE_INFINITY : endOfLastAttempt(repair, view)
      if (own === undefined) return unreadable(subject)
      const act = pastActOf(subject)
      const since = Math.max(own, act?.until ?? own)
      const clock = soonestDue(suspicion, view.now, since)
      if (clock === undefined) return NOTHING_FAILS
      const { check, finding } = clock
      if (isResting(clock, view.now)) return resting(clock, view.now)
      const from = Math.max(clock.failingSince ?? view.now, since)
      const failedMs = view.now - from
      const needMs = check.unhealthyDurationMs
      // Not `failedMs < needMs`: rounded otherwise, the moment of waking could lie behind us.
      if (view.now < from + needMs) {
        if (act !== undefined && from === act.until) return actedBefore(clock, act, view.now)
        if (!detail) return waits(check)(from)
        const soFar = `${sayFinding(finding)} for ${formatDuration(failedMs)} so far`
        return notYet(check, from, view.now, `${notYetText(check)} (${soFar})`)
      }
      // A port that answers makes a lost heartbeat a smaller trouble than it looks: twice as long is waited.
      if (view.now < from + 2 * needMs && subject.late && late() === 1) {
        const message = `${check.name} has failed for ${formatDuration(failedMs)}, but the node's port answers: only its heartbeat is late, and twice ${formatDuration(needMs)} are waited`
        return no(NAME, {
          reason: 'NotYet',
          message,
          have: { failedMs },
          need: { failedMs: 2 * needMs },
          changesAt: from + 2 * needMs,
        })
      }
      if (!detail) return OK
      const message = `${check.name} has failed for ${formatDuration(failedMs)} (${sayFinding(finding)}); ${formatDuration(needMs)} were needed`
      return yes(NAME, message, { failedMs }, { failedMs: needMs })
    }
  },
}

function notYetText({ name, unhealthyDurationMs }: CheckInfo): string {
  return `${name} has not failed for ${formatDuration(unhealthyDurationMs)} yet`
}

function notYet({ unhealthyDurationMs }: CheckInfo, from: Millis, now: Millis, message: string): GateResult {
  const have = { failedMs: now - from }
  const need = { failedMs: unhealthyDurationMs }
  return no(NAME, { reason: 'NotYet', message, have, need, changesAt: from + unhealthyDurationMs })
}

function actedBefore({ check, failingSince }: CheckClock, { rung, repair, until }: PastAct, now: Millis): GateResult {
  const { name, unhealthyDurationMs } = check
  const message = `${repair} did ${rung} to this machine: ${name} must fail for ${formatDuration(unhealthyDurationMs)} after the time in which that might have shown that it helped`
  const have = { failedMs: now - (failingSince ?? now) }
  return no(NAME, {
    reason: 'NotYet',
    message,
    have,
    need: { failedMs: unhealthyDurationMs, since: repair },
    changesAt: until + unhealthyDurationMs,
  })
}

function soonestDue(suspicion: Suspicion | undefined, now: Millis, since: Millis): CheckClock | undefined {
  let soonest: CheckClock | undefined
  let atRest: CheckClock | undefined
  for (const clock of suspicion?.clocks ?? NONE) {
    if (!isFailing(clock, now)) continue
    if (isResting(clock, now)) atRest ??= clock
    else if (soonest === undefined || dueAfter(clock, since) < dueAfter(soonest, since)) soonest = clock
  }
  return soonest ?? atRest
}

function resting(clock: CheckClock, now: Millis): GateResult {
  const { check, finding, passingSince = now } = clock
  const passedMs = now - passingSince
  return no(NAME, {
    reason: 'FlappingRests',
    message: `${check.name} flaps, but has passed for ${formatDuration(passedMs)} now: ${finding.message}`,
    have: { passedMs },
    need: { passedMs: { below: check.unhealthyDurationMs } },
    changesAt: quietAt(clock),
  })
}

function dueAfter(clock: CheckClock, since: Millis): Millis {
  return Math.max(dueAt(clock) ?? Number.POSITIVE_INFINITY, since + clock.check.unhealthyDurationMs)
}

function unreadable({ repair }: Candidate): GateResult {
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
