import type { Effect } from '../../core/model/effects.ts'
import type { NodeRepair } from '../../core/model/node-repair.ts'
import { isAbandoning, lastAttempt } from '../../core/model/node-repair.ts'
import { refsOf } from '../../core/model/object-ref.ts'
import type { StepResult } from '../../core/model/order.ts'
import type { Json } from '../../core/model/primitives.ts'
import { ProviderError } from '../../core/ports/cloud-provider.ts'
import { type Act, actUnderWay, type Member } from '../../core/repair/batch.ts'
import { applyStepResult, toAbandoning, toPhase, withLastAttempt } from '../../core/repair/status.ts'
import { RETRY_MS, settleError } from '../../core/repair/step-error.ts'
import { asError } from '../../lib/errors.ts'
import { forEach, together } from './batch.ts'
import { type Hands, tellOf } from './hands.ts'

/** A renewal older than this no longer covers a step: the process was frozen in between. */
const FENCE_MS = 2_000

/** The fleet's fence, then the one mutating request. The intents are already stored. */
export async function fencedStep(hands: Hands, act: Act, cursor: Json | undefined): Promise<void> {
  const { term, clock, provider, lanes } = hands
  for (const { repair } of act.members) {
    const lane = lanes.of(repair)
    lane.timer = { ...lane.timer, stepKnown: false }
  }
  let renewedAt: number
  do {
    await term.renew(term.signal)
    renewedAt = clock.now()
    term.signal.throwIfAborted()
  } while (clock.now() - renewedAt > FENCE_MS)
  for (const { repair, attempt } of act.members) {
    tellOf(
      hands,
      repair,
      { level: 'info', reason: 'StepSent', message: `${attempt.rung} of ${attempt.order.nodeName}` },
      {
        event: undefined,
        fields: { attempt: attempt.id, cursor: cursor ?? null, instance: attempt.order.instance.id },
      },
    )
  }
  let result: StepResult
  try {
    result = await provider.step(act.orders, cursor, term.signal)
  } catch (thrown) {
    term.signal.throwIfAborted()
    return forEach(act.members, (member) => stepThrew(hands, member, cursor, thrown))
  }
  await forEach(act.members, (member) => takeResult(hands, member, shareOf(result, act, member), cursor))
}

/** What the last step did, by reading alone. */
export async function recoverStep(hands: Hands, repair: NodeRepair, effect: Effect & { do: 'recover' }): Promise<void> {
  const act = actUnderWay(repair, effect.attempt, effect.with ?? [], hands.view())
  await together(hands, repair, repairsOf(act), () => recoverAct(hands, act))
}

async function recoverAct(hands: Hands, act: Act): Promise<void> {
  const { term, provider } = hands
  // Of the step that was issued: the one that its answer named next has not been sent. Where a leader died between the
  // writes of one cursor, neither has that one been sent, and the cloud is asked about what was to come.
  const cursor = act.members.map(({ attempt }) => attempt.cursor).find((stored) => stored !== undefined)
  try {
    const result = await provider.recover(act.orders, cursor, term.signal)
    await forEach(act.members, (member) => takeResult(hands, member, shareOf(result, act, member), cursor))
  } catch (thrown) {
    term.signal.throwIfAborted()
    for (const { repair } of act.members) {
      const lane = hands.lanes.of(repair)
      lane.timer = { ...lane.timer, nextStepAt: hands.clock.now() + RETRY_MS }
    }
    if (!(thrown instanceof ProviderError)) throw thrown
    for (const { repair } of act.members) {
      hands.tell({
        level: 'warn',
        reason: 'RecoverFailed',
        message: thrown.message,
        regarding: refsOf(repair.spec.nodeName, repair.name),
      })
    }
  }
}

/** Of what became of all, what became of this one. */
function shareOf(result: StepResult, { orders }: Act, { attempt }: Member): StepResult {
  if (result.state !== 'done' || orders.length === 1) return result
  const replacement = result.replacements?.[attempt.order.key]
  return replacement === undefined ? { state: 'done' } : { state: 'done', replacement }
}

function repairsOf({ members }: Act): readonly NodeRepair[] {
  return members.map(({ repair }) => repair)
}

async function takeResult(hands: Hands, { repair }: Member, result: StepResult, sent: Json | undefined): Promise<void> {
  const lane = hands.lanes.of(repair)
  if (result.state === 'running') {
    lane.cursor = result.cursor
    lane.timer = { ...lane.timer, stepKnown: true, nextStepAt: hands.clock.now() + result.againMs }
    return
  }
  // An end that could not be stored is learnt again by reading: sending the step again could act twice.
  lane.timer = { ...lane.timer, stepKnown: false }
  lane.cursor = sent
  const effect = applyStepResult(repair, hands.view(), result)
  if (effect !== undefined) await settleNow(hands, repair, effect)
}

async function settleNow(hands: Hands, repair: NodeRepair, effect: Effect): Promise<void> {
  if (effect.do === 'write') {
    const stored = await hands.records.save(repair, effect.status, hands.term.signal)
    tellOf(hands, stored, effect.said)
  } else if (effect.do === 'abandon') {
    await abandonRung(hands, repair, effect)
  }
}

async function stepThrew(
  hands: Hands,
  { repair, attempt }: Member,
  cursor: Json | undefined,
  thrown: unknown,
): Promise<void> {
  const lane = hands.lanes.of(repair)
  const error =
    thrown instanceof ProviderError ? thrown : new ProviderError('unavailable', 'maybe', asError(thrown).message)
  const { retryMs, stepKnown, effect, said } = settleError(repair, attempt, hands.view(), cursor, error)
  const nextStepAt = hands.clock.now() + retryMs
  lane.timer = stepKnown ? { ...lane.timer, nextStepAt, stepKnown } : { ...lane.timer, nextStepAt }
  if (effect !== undefined) await settleNow(hands, repair, effect)
  tellOf(hands, repair, said)
}

/** Has the cloud take back one thing that a given-up rung left there; `then` is written when nothing is left. Never gated. */
export async function abandonRung(hands: Hands, repair: NodeRepair, effect: Effect & { do: 'abandon' }): Promise<void> {
  const { term, provider, records, lanes, clock } = hands
  const lane = lanes.of(repair)
  // Before the first request the lane may still hold a step forward that was named and never sent.
  if (!isAbandoning(repair)) lane.cursor = undefined
  const cursor = lane.cursor ?? effect.attempt.cursor
  const isStored = isAbandoning(repair) && JSON.stringify(cursor) === JSON.stringify(effect.attempt.cursor)
  const begun = isStored
    ? repair
    : await records.save(repair, toAbandoning(repair, hands.view(), effect, cursor), term.signal)
  await term.renew(term.signal)
  const result = await provider.abandon([effect.attempt.order], cursor, term.signal)
  if (result.state === 'running') {
    lane.cursor = result.cursor
    lane.timer = { ...lane.timer, nextStepAt: clock.now() + result.againMs }
    return
  }
  const stored = await records.save(begun, effect.then, term.signal)
  tellOf(hands, stored, effect.said)
}

/** Writes `Issued` with the cursor of the next step wherever it is a new one, then takes that step. */
export async function nextStep(hands: Hands, repair: NodeRepair, effect: Effect & { do: 'step' }): Promise<void> {
  const act = actUnderWay(repair, effect.attempt, effect.with ?? [], hands.view())
  await together(hands, repair, repairsOf(act), async () => {
    const cursor = hands.lanes.of(repair).cursor ?? effect.attempt.cursor
    const members: Member[] = []
    for (const member of act.members) members.push(await nameStep(hands, member, cursor))
    await fencedStep(hands, { ...act, members }, cursor)
  })
}

async function nameStep(hands: Hands, member: Member, cursor: Json | undefined): Promise<Member> {
  const { repair, attempt } = member
  if (JSON.stringify(cursor) === JSON.stringify(attempt.cursor)) return member
  const view = hands.view()
  const attempts = withLastAttempt(repair, view, 'Issued', {}).map((one) =>
    one.id === attempt.id ? { ...one, cursor } : one,
  )
  const acting = toPhase(repair, view, 'Acting', { attempts })
  const stored = await hands.records.save(repair, acting, hands.term.signal)
  return { repair: stored, attempt: lastAttempt(stored) ?? attempt }
}
