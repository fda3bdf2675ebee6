import type { Announcement, Effect } from '../model/effects.ts'
import type { Attempt, NodeRepair } from '../model/node-repair.ts'
import type { Json, Millis } from '../model/primitives.ts'
import type { View } from '../model/view.ts'
import type { ProviderError } from '../ports/cloud-provider.ts'
import { applyStepResult, say, statusOf, withLastAttempt, write } from './status.ts'

/** The cloud is left alone for so long after an error that names no time of its own. */
export const RETRY_MS = 5_000

export interface StepError {
  /** Not before so long from now. */
  readonly retryMs: Millis
  /** The same step may be sent again: proven that nothing changed. */
  readonly stepKnown: boolean
  readonly effect: Effect | undefined
  /** Told at once, as nothing is written. */
  readonly said: Announcement | undefined
}

/** What an error of the step named by `cursor` makes of the running attempt. */
export function settleError(
  repair: NodeRepair,
  attempt: Attempt,
  view: Pick<View, 'calendar' | 'switches'>,
  cursor: Json | undefined,
  error: ProviderError,
): StepError {
  const retryMs = error.retryAfterMs ?? RETRY_MS
  const what = `${attempt.rung} of ${attempt.order.nodeName}: ${error.message}`
  if (error.effect === 'maybe') {
    const why = { reason: error.kind, message: error.message.slice(0, 512) }
    const attempts = withLastAttempt(repair, view, 'Unknown', why)
    const effect = write({ ...statusOf(repair, view), attempts }, say('ActUnknown', what, 'warn'))
    return { retryMs, stepKnown: false, effect, said: undefined }
  }
  if (cursor === undefined) {
    const reason = `${error.kind}: ${error.message}`
    const effect = applyStepResult(repair, view, { state: 'failed', reason, effect: 'none' })
    return { retryMs, stepKnown: false, effect, said: undefined }
  }
  // In the middle of a rung a refusal that changed nothing keeps its place: the same step is tried again until the deadline.
  return { retryMs, stepKnown: true, effect: undefined, said: say('StepRefused', what, 'warn') }
}
