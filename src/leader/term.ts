import type { Millis } from '../core/model/primitives.ts'
import { LeaseLostError, type Term } from '../core/ports/term.ts'
import { sleepUnless } from '../lib/abort.ts'
import { asError } from '../lib/errors.ts'
import { createQueue } from '../lib/queue.ts'
import type { Lock } from './lock.ts'
import type { ElectorOptions, Lead, LeadResult } from './options.ts'
import { releaseAll } from './release.ts'
import type { Timings } from './timings.ts'
import type { Trouble } from './trouble.ts'

/** Long enough for any single step of a provider. */
const SHUTDOWN_GRACE_MS = 15_000

export interface TermOptions extends ElectorOptions {
  readonly timings: Timings
  readonly standAside: () => boolean
  /** The stop-file, or a lock that somebody else holds: the work ends, and nobody is in a hurry. */
  readonly mustEnd: () => boolean
  readonly own: Lock
  readonly locks: readonly Lock[]
  readonly trouble: Trouble
}

/**
 * One term, from the moment all locks are held until `lead` has returned: renews, watches the deadline, ends gently.
 * `left`: shutting down, and the locks are left to expire because the work did not stop in time.
 */
export async function runTerm(
  options: TermOptions,
  lead: Lead,
  shutdown: AbortSignal,
): Promise<'hand-over' | 'again' | 'failed' | 'left'> {
  const { clock, locks, own, tell, timings, trouble } = options
  const { epoch } = own
  const lost = new AbortController()
  const ending = new AbortController()
  const settled = new AbortController()
  const oneAtATime = createQueue()
  let result: LeadResult
  let failed = false
  let renewedAt = clock.now()

  function lose(error: Error): void {
    if (lost.signal.aborted) return
    lost.abort(error)
    tell({ level: 'warn', reason: 'LeaseLost', message: error.message, fields: { epoch } })
  }

  function deadline(): Millis {
    return Math.min(...locks.map((lock) => lock.validUntil ?? -Infinity))
  }

  function checkDeadline(): void {
    if (clock.now() < deadline()) return
    lose(new LeaseLostError(`lease ${own.name}: lost: not renewed for ${timings.renewDeadlineMs} ms`))
  }

  function refuseWhenLost(): void {
    checkDeadline()
    lost.signal.throwIfAborted()
  }

  async function renew(signal: AbortSignal): Promise<Millis> {
    // First of all our own clock: right after a freeze nothing else has had the chance to stop us yet.
    refuseWhenLost()
    await oneAtATime(async () => {
      refuseWhenLost()
      try {
        for (const lock of locks) await lock.renew(signal)
      } catch (thrown) {
        if (thrown instanceof LeaseLostError) lose(thrown)
        throw thrown
      }
      refuseWhenLost()
      renewedAt = clock.now()
      report(true)
    })
    return deadline()
  }

  function report(leading: boolean): void {
    const holder = own.seen?.holder || undefined
    options.onStatus?.({
      ...{ leading, epoch, highestEpoch: own.highest, holder, renewedAt },
      standingAside: options.standAside(),
    })
  }

  const term: Term = {
    epoch,
    get signal() {
      // A timer of somebody else may run before ours after a freeze.
      checkDeadline()
      return lost.signal
    },
    renew,
  }

  tell({ level: 'info', reason: 'LeaseAcquired', message: `leading with epoch ${epoch}`, fields: { epoch } })
  report(true)
  const led = (async () => lead(term, ending.signal))().then(
    (value) => {
      result = value ?? undefined
    },
    (thrown: unknown) => {
      // Stopping because of the lost lease is what was asked for.
      if (lost.signal.aborted) return
      failed = true
      tell({ level: 'error', reason: 'LeadFailed', message: asError(thrown).message, fields: { epoch } })
    },
  )
  void led.then(() => settled.abort())

  const pace = { everyMs: 2 * timings.retryPeriodMs, graceMs: options.shutdownGraceMs ?? SHUTDOWN_GRACE_MS }
  let retryAt = -Infinity
  let endBy = Infinity
  async function keep(): Promise<void> {
    while (!settled.signal.aborted) {
      if (endBy === Infinity && (shutdown.aborted || options.mustEnd())) {
        endBy = clock.now() + pace.graceMs
        ending.abort()
      }
      checkDeadline()
      if (clock.now() >= endBy) {
        lose(
          new LeaseLostError(
            `lease ${own.name}: given up: work still running ${pace.graceMs} ms after the end was asked for`,
          ),
        )
      }
      if (lost.signal.aborted) break
      const dueAt = Math.max(renewedAt + pace.everyMs, retryAt)
      if (clock.now() >= dueAt) {
        retryAt = clock.now() + timings.retryPeriodMs
        await renew(new AbortController().signal).then(
          () => trouble.over(),
          (thrown: unknown) => {
            if (!lost.signal.aborted) trouble.met(own.name, asError(thrown))
          },
        )
        continue
      }
      const wakeAt = Math.min(dueAt, deadline(), endBy, clock.now() + timings.retryPeriodMs)
      const wakers = [settled.signal, lost.signal, ...(endBy === Infinity ? [shutdown] : [])]
      await sleepUnless(clock, wakeAt - clock.now(), wakers)
    }
    report(false)
  }

  try {
    await keep()
  } catch (thrown) {
    // Nobody renews any more, so the work must end before somebody else may lead.
    lose(new LeaseLostError(`lease ${own.name}: given up: ${asError(thrown).message}`))
    await led
    await oneAtATime(() => releaseAll(locks, tell))
    throw thrown
  }

  // A second term beside a first that has not stopped would be two leaders in one process. Only a shutdown does not wait.
  let giveUpAt = Infinity
  while (!settled.signal.aborted && clock.now() < giveUpAt) {
    if (shutdown.aborted && giveUpAt === Infinity) giveUpAt = clock.now() + timings.retryPeriodMs
    await sleepUnless(clock, timings.retryPeriodMs, shutdown.aborted ? [settled.signal] : [settled.signal, shutdown])
  }
  if (!settled.signal.aborted) {
    for (const lock of locks) lock.drop()
    return 'left'
  }
  await led
  await oneAtATime(() => releaseAll(locks, tell))
  if (!lost.signal.aborted) {
    tell({ level: 'info', reason: 'LeaseReleased', message: `released with epoch ${epoch}`, fields: { epoch } })
  }
  if (result === 'hand-over') return 'hand-over'
  return failed ? 'failed' : 'again'
}
