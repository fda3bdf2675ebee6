import type { Millis } from '../../core/model/primitives.ts'
import type { Clock } from '../../core/ports/clock.ts'
import { type CloudProvider, ProviderError } from '../../core/ports/cloud-provider.ts'
import type { Tell } from '../../core/ports/log.ts'
import { withTimeout } from '../../lib/abort.ts'
import { asError } from '../../lib/errors.ts'
import { answerFault, type Call } from './answers.ts'
import { createBreaker } from './breaker.ts'

export interface GuardOptions {
  readonly clock: Clock
  readonly tell: Tell
  /** Every call ends after this long. 10 s, as the contract promises for a step. */
  readonly timeoutMs?: Millis
  /** So many `unavailable` in a row open the breaker: 5. */
  readonly breakerThreshold?: number
  /** It stays open this long, then one call tries: 30 s. */
  readonly breakerOpenMs?: Millis
  /** Waited after `throttled` without a Retry-After: 10 s. */
  readonly throttleMs?: Millis
}

type Effect = 'none' | 'maybe'

/**
 * What no provider has to do itself: an end to every call, a breaker, the cloud's Retry-After, and one kind of error.
 * An answer of another shape than the contract's is none: `invalid`, and for a step of unknown effect. Whatever is thrown comes out as a ProviderError; only an abort by the caller passes as it is.
 */
export function guardProvider(provider: CloudProvider, options: GuardOptions): CloudProvider {
  const { clock, tell, timeoutMs = 10_000, throttleMs = 10_000 } = options
  const breaker = createBreaker({ threshold: options.breakerThreshold ?? 5, openMs: options.breakerOpenMs ?? 30_000 })
  let throttledUntil: Millis = Number.NEGATIVE_INFINITY

  /** `effect`: what an unknown end of this call would mean. */
  async function call<T>(
    what: string,
    effect: Effect,
    signal: AbortSignal,
    run: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    signal.throwIfAborted()
    enter(what)
    try {
      const answer = await inTime(what, effect, signal, run)
      announce(breaker.succeed(), '')
      return answer
    } catch (thrown) {
      if (signal.aborted) {
        breaker.leave()
        throw signal.reason
      }
      const error = asProviderError(thrown, what, effect)
      learn(error)
      throw error
    }
  }

  function enter(what: string): void {
    const now = clock.now()
    if (now < throttledUntil) {
      throw new ProviderError('throttled', 'none', `${provider.name}: ${what}: the cloud asked us to wait`, {
        retryAfterMs: throttledUntil - now,
      })
    }
    const waitMs = breaker.enter(now)
    if (waitMs === 0) return
    throw new ProviderError('unavailable', 'none', `${provider.name}: ${what}: not asked, it did not answer before`, {
      retryAfterMs: waitMs,
    })
  }

  function inTime<T>(
    what: string,
    effect: Effect,
    signal: AbortSignal,
    run: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const late = (): Error =>
      new ProviderError('unavailable', effect, `${provider.name}: ${what}: no answer in ${timeoutMs} ms`)
    return withTimeout(clock, { ms: timeoutMs, late }, run, signal)
  }

  function asProviderError(thrown: unknown, what: string, effect: Effect): ProviderError {
    if (thrown instanceof ProviderError) return thrown
    const cause = asError(thrown)
    return new ProviderError('unavailable', effect, `${provider.name}: ${what}: ${cause.message}`, { cause })
  }

  function learn(error: ProviderError): void {
    if (error.kind === 'unavailable') {
      announce(breaker.fail(clock.now()), error.message)
      return
    }
    // Any other refusal is an answer: somebody is there.
    announce(breaker.succeed(), '')
    if (error.kind !== 'throttled') return
    const waitMs = error.retryAfterMs ?? throttleMs
    throttledUntil = clock.now() + waitMs
    tell({ level: 'warn', reason: 'ProviderThrottled', message: error.message, fields: { retryAfterMs: waitMs } })
  }

  function announce(change: 'opened' | 'closed' | undefined, message: string): void {
    if (change === 'opened') tell({ level: 'warn', reason: 'ProviderUnavailable', message })
    if (change === 'closed')
      tell({ level: 'info', reason: 'ProviderAvailable', message: `${provider.name} answers again` })
  }

  /** One guarded call of the contract, its answer looked at. */
  async function ask<T>(
    [name, about]: readonly [name: Call, about?: string],
    effect: Effect,
    signal: AbortSignal,
    run: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const what = about === undefined ? name : `${name} ${about}`
    return checked(name, what, effect, await call(what, effect, signal, run))
  }

  function checked<T>(name: Call, what: string, effect: Effect, answer: T): T {
    const fault = answerFault(name, answer)
    if (fault === undefined) return answer
    throw new ProviderError('invalid', effect, `${provider.name}: ${what}: not an answer: ${fault}`)
  }

  const { notOurs, members, capture, forget, switch: ownSwitch, examine, report } = provider
  // Each call of the contract has its line: one that is forgotten does not compile.
  const calls: { readonly [C in Call]: CloudProvider[C] } = {
    plan: (state) => checked('plan', 'plan', 'none', provider.plan(state)),
    locate: (node, signal) => ask(['locate', node.name], 'none', signal, (inner) => provider.locate(node, inner)),
    inspect: (instance, signal) =>
      ask(['inspect', instance.name], 'none', signal, (inner) => provider.inspect(instance, inner)),
    step: (orders, cursor, signal) => ask(['step'], 'maybe', signal, (inner) => provider.step(orders, cursor, inner)),
    recover: (orders, cursor, signal) =>
      ask(['recover'], 'none', signal, (inner) => provider.recover(orders, cursor, inner)),
    abandon: (orders, cursor, signal) =>
      ask(['abandon'], 'maybe', signal, (inner) => provider.abandon(orders, cursor, inner)),
    members: members && ((signal) => ask(['members'], 'none', signal, (inner) => members.call(provider, inner))),
    notOurs: notOurs && ((node) => checked('notOurs', `notOurs ${node.name}`, 'none', notOurs.call(provider, node))),
    forget: forget && (() => forget.call(provider)),
    capture:
      capture &&
      ((instance, signal) =>
        ask(['capture', instance.name], 'none', signal, (inner) => capture.call(provider, instance, inner))),
    switch: ownSwitch && ((signal) => ask(['switch'], 'none', signal, (inner) => ownSwitch.call(provider, inner))),
    examine: examine && ((signal) => ask(['examine'], 'none', signal, (inner) => examine.call(provider, inner))),
    report:
      report &&
      ((summary, signal) => ask(['report'], 'maybe', signal, (inner) => report.call(provider, summary, inner))),
  }
  const guarded: CloudProvider = { name: provider.name, ...calls }
  for (const [name, run] of Object.entries(calls)) if (run === undefined) Reflect.deleteProperty(guarded, name)
  return guarded
}
