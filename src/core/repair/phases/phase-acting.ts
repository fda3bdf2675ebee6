import { formatDuration } from '../../../lib/pure/duration.ts'
import { switchHold } from '../../annotations/switches.ts'
import type { Effect, Wait } from '../../model/effects.ts'
import { isAbandoning, runningAttempt } from '../../model/node-repair.ts'
import { poolOf, roleOf } from '../repair-node.ts'
import {
  cancelForDryRun,
  endOfAbandoned,
  failed,
  notTakenBack,
  say,
  toPhase,
  withLastAttempt,
  write,
} from '../status.ts'
import { isWellAgain, type PhaseContext, recoverWhenDue } from './phase-context.ts'

/** From the first `Issued` until the cloud confirms. Never a step whose predecessor's outcome is not known. */
export function advanceActing(situation: PhaseContext): Effect | Wait {
  const { repair, view, policy, timer, rung } = situation
  const attempt = runningAttempt(repair)
  const node = repair.spec.nodeName
  if (attempt === undefined) {
    return write(toPhase(repair, view, 'Pending'), say('RepairHeld', `${node}: no attempt is running`, 'warn'))
  }
  if (isAbandoning(repair)) return goOnAbandoning(situation, endOfAbandoned(repair, view, attempt))
  const located = view.instances.get(node)?.located
  if (attempt.rung !== 'replace' && located !== undefined && 'gone' in located) {
    const attempts = withLastAttempt(repair, view, 'Failed', { reason: 'InstanceGone' })
    return write(
      toPhase(repair, view, 'Parked', { attempts, reason: 'InstanceGone', message: 'the machine vanished in the act' }),
      say('RepairParked', `${node} needs a person: its machine vanished during ${attempt.rung}`, 'warn'),
    )
  }
  if (timer.countedMs >= rung.deadlineMs) {
    if (view.switches.dryRun) return cancelForDryRun(repair, view, attempt)
    if (isWellAgain(situation)) {
      return write(
        toPhase(repair, view, 'Verifying', {
          attempts: withLastAttempt(repair, view, 'Unknown', { reason: 'Deadline' }),
        }),
        say('ActUnknown', `${attempt.rung} of ${node} was never confirmed, but the node is well; waiting for proof`),
      )
    }
    return failed(repair, view, 'Deadline', `not confirmed within ${formatDuration(rung.deadlineMs)}`)
  }
  const { enabled, ladder } = policy.roles[roleOf(repair, view)]
  const allowed = enabled && ladder.some((entry) => entry.rung === attempt.rung)
  // A half-done act is watched, not continued, while a person's switch or the newest policy says no.
  const observeOnly = !allowed || view.switches.dryRun || switchHold(node, poolOf(repair, view), view) !== undefined
  if (!timer.stepKnown || observeOnly) return recoverWhenDue(situation)
  if (view.sight.blindSince !== undefined) return { wait: 1_000, why: 'our own sight is lost' }
  if (view.now < timer.nextStepAt) return { wait: timer.nextStepAt - view.now, why: 'the cloud is at work' }
  return { do: 'step', attempt }
}

/**
 * Never gated. What can't be taken back within the rung's own deadline, counted from the beginning of taking back, is
 * for a person: a slot and the lock at the cloud are not kept for ever.
 */
export function goOnAbandoning({ repair, view, timer, rung }: PhaseContext, end: Effect): Effect | Wait {
  if (timer.countedMs >= rung.deadlineMs) {
    return notTakenBack(repair, view, ` within ${formatDuration(rung.deadlineMs)}`)
  }
  if (view.now < timer.nextStepAt) return { wait: timer.nextStepAt - view.now, why: 'the cloud takes back' }
  return end
}
