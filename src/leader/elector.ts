import { sleepUnless } from '../lib/abort.ts'
import { asError } from '../lib/errors.ts'
import { createLock, type Lock } from './lock.ts'
import { createOldLocks } from './old-locks.ts'
import type { ElectorOptions, Lead } from './options.ts'
import { releaseAll } from './release.ts'
import { runTerm } from './term.ts'
import { checkTimings, DEFAULT_TIMINGS } from './timings.ts'
import { createTrouble, type Trouble } from './trouble.ts'

/** Competes, leads and competes again until `signal` aborts (shutdown); then lets `lead` end, releases, and resolves. Whatever is thrown: the locks are released before. */
export async function runElector(options: ElectorOptions, lead: Lead, signal: AbortSignal): Promise<void> {
  const { clock, identity, tell, timings = DEFAULT_TIMINGS } = options
  checkTimings(timings)
  const own = createLock(options.leases[0], identity, clock, timings)
  // Our own lock first: only who holds it tries for the others, so that two of us can't wait for each other.
  const locks = [own, ...options.leases.slice(1).map((api) => createLock(api, identity, clock, timings))]
  const standAside = options.standAside ?? (() => false)
  let following: string | undefined
  let aside = false
  let outUntil = -Infinity
  const trouble = createTrouble(tell)
  const old = createOldLocks(options.oldLocks ?? [], { clock, tell, trouble: createTrouble(tell) })

  function report(): void {
    options.onStatus?.({
      leading: false,
      epoch: undefined,
      highestEpoch: own.seen && own.highest,
      holder: own.seen?.holder || undefined,
      renewedAt: undefined,
      standingAside: standAside(),
    })
    const holder = own.seen?.holder ?? ''
    if (holder === following || holder === '' || holder === identity) return
    following = holder
    tell({ level: 'info', reason: 'FollowingLeader', message: `${holder} leads; observing`, fields: { holder } })
  }

  async function compete(): Promise<void> {
    while (!signal.aborted) {
      if (standAside() !== aside) {
        aside = !aside
        const message = aside ? 'told to stand aside: neither leading nor acting' : 'competing again'
        tell({ level: 'warn', reason: aside ? 'StandingAside' : 'StandingAsideEnded', message })
      }
      if (aside || clock.now() < outUntil || old.blocks()) {
        await releaseAll(locks, tell)
        await lookOn(own, trouble)
      } else if (await gather(locks, options.minimumEpoch, trouble)) {
        if (signal.aborted) break
        following = undefined
        const result = await runTerm(
          { ...options, timings, standAside, mustEnd: () => standAside() || old.blocks(), own, locks, trouble },
          lead,
          signal,
        )
        if (result === 'hand-over') outUntil = clock.now() + 2 * timings.leaseDurationMs
        if (result === 'left') return
      }
      report()
      await sleepUnless(clock, timings.retryPeriodMs, [signal])
    }
  }

  const over = new AbortController()
  const looking = old.run(over.signal)
  try {
    await compete()
  } finally {
    over.abort()
    await looking
    await releaseAll(locks, tell)
  }
}

/** Who stands aside still says who leads. */
async function lookOn(own: Lock, trouble: Trouble): Promise<void> {
  try {
    await own.look(new AbortController().signal)
    trouble.over()
  } catch (thrown) {
    trouble.met(own.name, asError(thrown))
  }
}

/** One round for all locks. What is held already is renewed; what comes after a lock that we did not get is let go. */
async function gather(
  locks: readonly Lock[],
  minimumEpoch: ElectorOptions['minimumEpoch'],
  trouble: Trouble,
): Promise<boolean> {
  // A shutdown doesn't cut these short: a PUT that arrives without our knowing would be a Lease that nobody releases.
  const { signal } = new AbortController()
  let complete = true
  for (const [index, lock] of locks.entries()) {
    const floor = index === 0 ? minimumEpoch(lock.highest) : 0
    try {
      if (!complete) await lock.release(signal)
      else if (lock.validUntil !== undefined && lock.epoch > floor) await lock.renew(signal)
      else complete = await lock.acquire(floor, signal)
      trouble.over()
    } catch (thrown) {
      complete = false
      trouble.met(lock.name, asError(thrown))
    }
  }
  return complete
}
