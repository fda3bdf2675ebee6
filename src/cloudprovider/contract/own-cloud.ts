import type { z } from 'zod'
import type { Evidence, InstanceState } from '../../core/model/instance.ts'
import type { DueOrder, Order } from '../../core/model/order.ts'
import { RUNGS, type RungName, type RungPlan } from '../../core/model/rungs.ts'
import type { Clock } from '../../core/ports/clock.ts'
import { ProviderError } from '../../core/ports/cloud-provider.ts'
import { recordOf } from '../../lib/pure/json.ts'
import { answerFault, type Call } from './answers.ts'
import type { Cloud } from './define.ts'
import { otherScheme } from './other-scheme.ts'
import { Cursor, Look, Performed, Plans } from './own-answers.ts'
import type { OwnOptions } from './own-options.ts'
import { type Ask, effectOf, type OwnCursor, type OwnLook, type OwnRequest } from './own-provider.ts'
import { redact, tailOf } from './redact.ts'
import { type Sequence, single } from './sequence.ts'

/** The cloud behind a program or a module: what it answers is looked at, and its rungs are sequences as those of every other cloud. */
export function createOwnCloud(
  name: string,
  { also, scheme, timeout, settle, late }: OwnOptions,
  ask: Ask,
  clock: Pick<Clock, 'now'>,
): Omit<Cloud<OwnCursor>, 'examine'> {
  async function read<T>(request: OwnRequest, schema: z.ZodType<T>, withinMs: number, signal: AbortSignal): Promise<T> {
    const parsed = schema.safeParse(await ask(request, withinMs, signal))
    if (parsed.success) return parsed.data
    const [issue] = parsed.error.issues
    const where = issue?.path.join('.') ?? ''
    throw noAnswer(request, `${where === '' ? '' : `${where}: `}${issue?.message ?? 'another shape'}`)
  }

  /** A call whose answer is the contract's own. */
  async function askAs<T>(request: OwnRequest & { readonly call: Call }, signal: AbortSignal): Promise<T> {
    return asAnswer<T>(request, request.call, await ask(request, timeout, signal))
  }

  function asAnswer<T>(request: OwnRequest, call: Call, answer: unknown): T {
    const fault = answerFault(call, answer)
    if (fault === undefined) return answer as T
    throw noAnswer(request, fault)
  }

  function noAnswer(request: OwnRequest, why: string): ProviderError {
    return new ProviderError('unavailable', effectOf(request), `${name}: ${request.call}: not an answer: ${why}`)
  }

  const sequence: Sequence<OwnCursor, OwnLook, Order> = {
    read: (order, cursor, signal) =>
      read({ call: 'look', order, ...(cursor === undefined ? {} : { cursor }) }, Look, timeout, signal),
    look: ({ next }) => next,
    async perform(act, _world, due: DueOrder, signal) {
      // Nothing of it is left to send anything once the fence has ended.
      const { notAfter = Number.POSITIVE_INFINITY, ...order } = due
      const withinMs = Math.max(0, Math.min(timeout, notAfter - clock.now()))
      return (await read({ call: 'perform', order, act }, Performed, withinMs, signal)).cursor
    },
    undo: ({ undo = { state: 'done' } }) => undo,
  }
  const rung = single(sequence)

  return {
    name,
    ...(scheme === undefined ? {} : { notOurs: (node) => otherScheme(scheme, node) }),
    locate: (node, signal) => askAs({ call: 'locate', node }, signal),
    async inspect(instance, signal) {
      const request: OwnRequest = { call: 'inspect', instance }
      const answer = recordOf(await ask(request, timeout, signal))
      const state: InstanceState = asAnswer(request, 'inspect', { ...answer, ref: instance })
      if (!Plans.safeParse(answer.plans).success) throw noAnswer(request, 'plans: a list of rungs is missing, or wrong')
      return state
    },
    plan: plansOf,
    ...(also.includes('members') ? { members: (signal) => askAs({ call: 'members' }, signal) } : {}),
    ...(also.includes('capture')
      ? {
          async capture(instance, signal) {
            const { summary, console } = await askAs<Evidence>({ call: 'capture', instance }, signal)
            return { summary: redact(summary), ...(console === undefined ? {} : { console: tailOf(redact(console)) }) }
          },
        }
      : {}),
    cursor: Cursor,
    names: ['id'],
    settleMs: settle,
    lateMs: late,
    rungs: Object.fromEntries(RUNGS.map((name) => [name, rung])) as Record<RungName, typeof rung>,
  }
}

/** The plans ride on the state that `inspect` has answered, so that to plan is to read. */
function plansOf(state: InstanceState): readonly RungPlan[] {
  const plans = Plans.safeParse(recordOf(state).plans)
  if (!plans.success) return []
  return plans.data.map((plan) => ({
    reason: plan.verdict === 'ok' ? '' : 'NotNow',
    lockKey: state.ref.id,
    ...plan,
  }))
}
