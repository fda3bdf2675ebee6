import type { Effect } from '../../core/model/effects.ts'
import type { NodeRepair } from '../../core/model/node-repair.ts'
import { isAbandoning, lastAttempt } from '../../core/model/node-repair.ts'
import { refsOf } from '../../core/model/object-ref.ts'
import type { StepResult } from '../../core/model/order.ts'
import type { Json } from '../../core/model/primitives.ts'
import { ProviderError } from '../../core/ports/cloud-provider.ts'
import { type Act, actUnderWay, type Member, shareOf } from '../../core/repair/batch.ts'
import { applyStepResult, notTakenBack, toAbandoning, toPhase, withLastAttempt } from '../../core/repair/status.ts'
import { RETRY_MS, settleError } from '../../core/repair/step-error.ts'
import { asError } from '../../lib/errors.ts'
import { forEach, together } from './batch.ts'
import { type TermContext, tellOf } from './term-context.ts'

/** A renewal older than this no longer covers a step: the process was frozen in between. */
const FENCE_MS = 2_000

/** The fleet's fence, then the one mutating request. The intents are already stored. */
export async function fencedStep(context: TermContext, act: Act, cursor: Json | undefined): Promise<void> {
  const { term, clock, provider, slots } = context
  for (const { repair } of act.members) {
    const slot = slots.of(repair)
    slot.timer = { ...slot.timer, stepKnown: false }
  }
  // Before the fence: nobody knows how long a log takes.
  for (const { repair, attempt } of act.members) {
    tellOf(
      context,
      repair,
      { level: 'info', reason: 'StepDue', message: `${attempt.rung} of ${attempt.order.nodeName}` },
      {
        event: undefined,
        fields: { attempt: attempt.id, cursor: cursor ?? null, instance: attempt.order.instance.id },
      },
    )
  }
  let renewedAt: number
  let notAfter: number
  do {
    notAfter = await term.renew(term.signal)
    renewedAt = clock.now()
    term.signal.throwIfAborted()
  } while (clock.now() - renewedAt > FENCE_MS)
  let result: StepResult
  try {
    const due = act.orders.map((order) => ({ ...order, notAfter }))
    result = await provider.step(due, cursor, term.signal)
  } catch (thrown) {
    term.signal.throwIfAborted()
    return forEach(act.members, (member) => stepThrew(context, member, cursor, thrown))
  }
  await forEach(act.members, (member) => takeResult(context, member, shareOf(result, act, member), cursor))
}

/** What the last step did, by reading alone. */
export async function recoverStep(
  context: TermContext,
  repair: NodeRepair,
  effect: Effect & { do: 'recover' },
): Promise<void> {
  const act = actUnderWay(repair, effect.attempt, effect.with ?? [], context.view())
  await together(context, repair, repairsOf(act), () => recoverAct(context, act))
}

async function recoverAct(context: TermContext, act: Act): Promise<void> {
  const { term, provider } = context
  // Of the step that was issued: the one that its answer named next has not been sent. Where a leader died between the
  // writes of one cursor, neither has that one been sent, and the cloud is asked about what was to come.
  const cursor = act.members.map(({ attempt }) => attempt.cursor).find((stored) => stored !== undefined)
  try {
    const result = await provider.recover(act.orders, cursor, term.signal)
    await forEach(act.members, (member) => takeResult(context, member, shareOf(result, act, member), cursor))
  } catch (thrown) {
    term.signal.throwIfAborted()
    for (const { repair } of act.members) {
      const slot = context.slots.of(repair)
      slot.timer = { ...slot.timer, nextStepAt: context.clock.now() + RETRY_MS }
    }
    if (!(thrown instanceof ProviderError)) throw thrown
    for (const { repair } of act.members) {
      context.tell({
        level: 'warn',
        reason: 'RecoverFailed',
        message: thrown.message,
        regarding: refsOf(repair.spec.nodeName, repair.name),
      })
    }
  }
}

function repairsOf({ members }: Act): readonly NodeRepair[] {
  return members.map(({ repair }) => repair)
}

async function takeResult(
  context: TermContext,
  { repair }: Member,
  result: StepResult,
  sent: Json | undefined,
): Promise<void> {
  const slot = context.slots.of(repair)
  if (result.state === 'running') {
    slot.cursor = result.cursor
    slot.timer = { ...slot.timer, stepKnown: true, nextStepAt: context.clock.now() + result.againMs }
    return
  }
  // An end that could not be stored is learnt again by reading: sending the step again could act twice.
  slot.timer = { ...slot.timer, stepKnown: false }
  slot.cursor = sent
  const effect = applyStepResult(repair, context.view(), result)
  if (effect !== undefined) await settleNow(context, repair, effect)
}

async function settleNow(context: TermContext, repair: NodeRepair, effect: Effect): Promise<void> {
  if (effect.do === 'write') {
    const stored = await context.records.save(repair, effect.status, context.term.signal)
    tellOf(context, stored, effect.said)
  } else if (effect.do === 'abandon') {
    await abandonRung(context, repair, effect)
  }
}

async function stepThrew(
  context: TermContext,
  { repair, attempt }: Member,
  cursor: Json | undefined,
  thrown: unknown,
): Promise<void> {
  const slot = context.slots.of(repair)
  const error =
    thrown instanceof ProviderError ? thrown : new ProviderError('unavailable', 'maybe', asError(thrown).message)
  const { retryMs, stepKnown, effect, said } = settleError(repair, attempt, context.view(), cursor, error)
  const nextStepAt = context.clock.now() + retryMs
  slot.timer = stepKnown ? { ...slot.timer, nextStepAt, stepKnown } : { ...slot.timer, nextStepAt }
  if (effect !== undefined) await settleNow(context, repair, effect)
  tellOf(context, repair, said)
}

/** Has the cloud take back one thing that a given-up rung left there; `then` is written when nothing is left. Never gated. */
export async function abandonRung(
  context: TermContext,
  repair: NodeRepair,
  effect: Effect & { do: 'abandon' },
): Promise<void> {
  const { term, provider, records, slots, clock } = context
  const slot = slots.of(repair)
  // Before the first request the slot may still hold a step forward that was named and never sent.
  if (!isAbandoning(repair)) slot.cursor = undefined
  const cursor = slot.cursor ?? effect.attempt.cursor
  const isStored = isAbandoning(repair) && JSON.stringify(cursor) === JSON.stringify(effect.attempt.cursor)
  const begun = isStored
    ? repair
    : await records.save(repair, toAbandoning(repair, context.view(), effect, cursor), term.signal)
  const notAfter = await term.renew(term.signal)
  const result = await provider.abandon([{ ...effect.attempt.order, notAfter }], cursor, term.signal)
  if (result.state === 'running') {
    slot.cursor = result.cursor
    slot.timer = { ...slot.timer, nextStepAt: clock.now() + result.againMs }
    return
  }
  if (result.state === 'failed') {
    const parked = notTakenBack(begun, context.view(), `: ${result.reason}`)
    tellOf(context, await records.save(begun, parked.status, term.signal), parked.said)
    return
  }
  const stored = await records.save(begun, effect.then, term.signal)
  tellOf(context, stored, effect.said)
}

/** Writes `Issued` with the cursor of the next step wherever it is a new one, then takes that step. */
export async function nextStep(
  context: TermContext,
  repair: NodeRepair,
  effect: Effect & { do: 'step' },
): Promise<void> {
  const act = actUnderWay(repair, effect.attempt, effect.with ?? [], context.view())
  await together(context, repair, repairsOf(act), async () => {
    const cursor = context.slots.of(repair).cursor ?? effect.attempt.cursor
    const members: Member[] = []
    for (const member of act.members) members.push(await nameStep(context, member, cursor))
    await fencedStep(context, { ...act, members }, cursor)
  })
}

async function nameStep(context: TermContext, member: Member, cursor: Json | undefined): Promise<Member> {
  const { repair, attempt } = member
  if (JSON.stringify(cursor) === JSON.stringify(attempt.cursor)) return member
  const view = context.view()
  const attempts = withLastAttempt(repair, view, 'Issued', {}).map((one) =>
    one.id === attempt.id ? { ...one, cursor } : one,
  )
  const acting = toPhase(repair, view, 'Acting', { attempts })
  const stored = await context.records.save(repair, acting, context.term.signal)
  return { repair: stored, attempt: lastAttempt(stored) ?? attempt }
}
