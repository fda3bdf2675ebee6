import { rfc3339 } from '../../lib/pure/rfc3339.ts'
import type { Announcement, Effect } from '../model/effects.ts'
import type { Attempt, AttemptState, Hold, NodeRepair, NodeRepairStatus, Phase } from '../model/node-repair.ts'
import { ABANDONING, FINISHED_ATTEMPTS, FINISHED_PHASES, lastAttempt } from '../model/node-repair.ts'
import type { StepResult } from '../model/order.ts'
import type { Json } from '../model/primitives.ts'
import type { StoredAttemptReason } from '../model/repair-reasons.ts'
import type { Verdict, View } from '../model/view.ts'

/** The status as stored, or the one that a repair begins with. */
export function statusOf(repair: NodeRepair, view: Pick<View, 'calendar'>): NodeRepairStatus {
  return (
    repair.status ?? {
      phase: 'Pending',
      epoch: repair.spec.epoch,
      attempts: [],
      skipped: [],
      holds: [],
      nodeUID: repair.spec.nodeUID,
      startedAt: rfc3339(view.calendar),
    }
  )
}

/** A move to another phase. Finished phases get their time; reason and message of the old phase do not linger. */
export function toPhase(
  repair: NodeRepair,
  view: Pick<View, 'calendar'>,
  phase: Phase,
  change: Partial<NodeRepairStatus> = {},
): NodeRepairStatus {
  const finished = FINISHED_PHASES.includes(phase) ? { finishedAt: rfc3339(view.calendar) } : {}
  return { ...statusOf(repair, view), reason: undefined, message: undefined, holds: [], ...finished, ...change, phase }
}

/** The attempts with the last one moved to another state. Finished attempts stay what they are. */
export function withLastAttempt(
  repair: NodeRepair,
  view: Pick<View, 'calendar'>,
  state: AttemptState,
  why: { readonly reason?: StoredAttemptReason; readonly message?: string } = {},
): readonly Attempt[] {
  const attempts = repair.status?.attempts ?? []
  const last = attempts.at(-1)
  if (last === undefined || FINISHED_ATTEMPTS.includes(last.state)) return attempts
  const finishedAt = FINISHED_ATTEMPTS.includes(state) ? rfc3339(view.calendar) : undefined
  return [...attempts.slice(0, -1), { ...last, ...why, state, ...(finishedAt === undefined ? {} : { finishedAt }) }]
}

export function holdsOf(verdict: Verdict): readonly Hold[] {
  return verdict.gates
    .filter((gate) => !gate.pass)
    .map(({ gate, reason, message }) => ({ gate, reason, message: message.slice(0, 256) }))
}

export function write(status: NodeRepairStatus, said?: Announcement): Effect {
  return { do: 'write', status, said }
}

export function say(reason: string, message: string, level: Announcement['level'] = 'info'): Announcement {
  return { reason, message, level }
}

/**
 * What a provider's answer makes of the running attempt. `running` moves nothing by itself: its cursor is stored with
 * the next `Issued`. Proven not sent is no strike.
 */
export function applyStepResult(
  repair: NodeRepair,
  view: Pick<View, 'calendar' | 'switches'>,
  result: StepResult,
): Effect | undefined {
  const attempt = lastAttempt(repair)
  if (attempt === undefined || result.state === 'running') return undefined
  if (result.state === 'done') {
    const attempts = withLastAttempt(repair, view, 'Confirmed')
    if (view.switches.dryRun) {
      return write(
        toPhase(repair, view, 'Cancelled', { attempts, reason: 'DryRun', message: 'dry-run was turned on in the act' }),
        say('RepairCancelled', `${attempt.rung} of ${repair.spec.nodeName} was done; dry-run was turned on meanwhile`),
      )
    }
    const replacement = result.replacement === undefined ? {} : { replacement: result.replacement }
    return write(
      toPhase(repair, view, 'Verifying', { attempts, ...replacement }),
      say('ActConfirmed', `${attempt.rung} of ${repair.spec.nodeName} is confirmed by the cloud; waiting for proof`),
    )
  }
  if (result.effect === 'none') return notSent(repair, view, attempt, result.reason)
  return failed(repair, view, 'CloudFailed', result.reason)
}

function notSent(repair: NodeRepair, view: Pick<View, 'calendar'>, attempt: Attempt, message: string): Effect {
  const attempts = withLastAttempt(repair, view, 'NotSent', { reason: 'NotSent', message })
  const then = toPhase(repair, view, 'Pending', { attempts })
  const said = say('ActNotSent', `${attempt.rung} of ${repair.spec.nodeName} was not sent: ${message}`, 'warn')
  // Only the first step can leave nothing behind; what came before a later one is taken back.
  return attempt.cursor === undefined ? write(then, said) : { do: 'abandon', attempt, then, said }
}

/** Before the first request of taking back: why the attempt ends, so that a successor takes back too and ends it alike. */
export function toAbandoning(
  repair: NodeRepair,
  view: Pick<View, 'calendar'>,
  { attempt, then }: Effect & { readonly do: 'abandon' },
  cursor: Json | undefined,
): NodeRepairStatus {
  const { reason, message } = then.attempts.at(-1) ?? {}
  const why = { ...(reason === undefined ? {} : { reason }), ...(message === undefined ? {} : { message }) }
  const attempts = withLastAttempt(repair, view, attempt.state, why).map((one) =>
    one.id === attempt.id && cursor !== undefined ? { ...one, cursor } : one,
  )
  return toPhase(repair, view, 'Acting', { attempts, reason: ABANDONING })
}

/** The end of an attempt whose taking back was begun before, by us or by a leader that is gone. */
export function endOfAbandoned(repair: NodeRepair, view: Pick<View, 'calendar'>, attempt: Attempt): Effect {
  const { reason = 'CloudFailed', message = 'no reason given' } = attempt
  if (reason === 'NotSent') return notSent(repair, view, attempt, message)
  if (reason === 'DryRun') return cancelForDryRun(repair, view, attempt)
  return failed(repair, view, reason, message)
}

/** What is half done at the cloud is taken back, as no switch blocks an undo. */
export function cancelForDryRun(repair: NodeRepair, view: Pick<View, 'calendar'>, attempt: Attempt): Effect {
  const attempts = withLastAttempt(repair, view, 'Failed', { reason: 'DryRun' })
  const message = 'dry-run was turned on in the act'
  const then = toPhase(repair, view, 'Cancelled', { attempts, reason: 'DryRun', message })
  return { do: 'abandon', attempt, then, said: say('RepairCancelled', `${repair.spec.nodeName}: ${message}`) }
}

/** What nobody could take back is for a person: the next rung must not be tried on top of it. */
export function notTakenBack(
  repair: NodeRepair,
  view: Pick<View, 'calendar'>,
  why: string,
): Effect & { readonly do: 'write' } {
  const rung = lastAttempt(repair)?.rung ?? 'act'
  const message = `what ${rung} left at the cloud was not taken back${why}`
  const attempts = withLastAttempt(repair, view, 'Failed')
  return {
    do: 'write',
    status: toPhase(repair, view, 'Parked', { attempts, reason: 'NotTakenBack', message }),
    said: say('RepairParked', `${repair.spec.nodeName} needs a person: ${message}`, 'warn'),
  }
}

/** The running attempt has failed: whatever it left at the cloud is taken back first, then the next rung is thought about. */
export function failed(
  repair: NodeRepair,
  view: Pick<View, 'calendar'>,
  reason: StoredAttemptReason,
  message: string,
): Effect {
  const attempt = lastAttempt(repair)
  const attempts = withLastAttempt(repair, view, 'Failed', { reason, message })
  const then = toPhase(repair, view, 'Pending', { attempts })
  const said = say('AttemptFailed', `${attempt?.rung ?? 'act'} of ${repair.spec.nodeName} failed: ${message}`, 'warn')
  return attempt === undefined ? write(then, said) : { do: 'abandon', attempt, then, said }
}
