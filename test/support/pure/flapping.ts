import { stepClock } from '../../../src/core/evidence/clocks.ts'
import type { CheckClock, CheckInfo, Finding } from '../../../src/core/model/finding.ts'
import { check, MINUTE, NOW } from './view.ts'

export const FLAPPING_RULE = { changes: 6, windowMs: 30 * MINUTE }

/**
 * A check that has failed three times for a minute with a minute between, and passes since `passesForMs` at NOW.
 * `silent`: by a heartbeat that is lost, not by what the kubelet says.
 */
export function flapping(passesForMs: number, silent = false, change: Partial<CheckInfo> = {}): CheckClock {
  const info = check({ healthyDurationMs: 0, flapping: FLAPPING_RULE, ...change })
  const about = silent ? ({ plane: 'lease', symptom: 'Silent' } as const) : {}
  const end = NOW - passesForMs
  let clock: CheckClock | undefined
  for (let before = 6; before >= 0; before--) {
    const seenAt = end - before * MINUTE
    const fails = before % 2 === 1
    const finding: Finding = fails
      ? { status: 'fail', reason: 'NodeNotReady', seenAt, ...about }
      : { status: 'pass', reason: 'Ok', seenAt }
    clock = stepClock(clock, info, finding, seenAt)
  }
  if (clock === undefined) throw new Error('flapping: no looks')
  return stepClock(clock, info, { status: 'pass', reason: 'Ok', seenAt: NOW }, NOW)
}
