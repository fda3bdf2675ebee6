import type { Millis } from '../core/model/primitives.ts'
import type { Clock } from '../core/ports/clock.ts'
import type { Tell } from '../core/ports/log.ts'
import type { OldLockApi } from '../kube/old-lock.ts'
import { sleepUnless, withTimeout } from '../lib/abort.ts'
import { asError } from '../lib/errors.ts'
import type { Trouble } from './trouble.ts'

/** A leader sees within this time that an old healer has begun. Its own renewals come every few seconds. */
const LOOK_MS: Millis = 10_000
const ANSWER_MS: Millis = 3_000

/** Locks that others hold and heald can't: it leads only while nobody renews them. */
export interface OldLocks {
  /** Somebody renews one of them, or they have not all been seen yet. */
  blocks(): boolean
  /** Looks until `signal` aborts. */
  run(signal: AbortSignal): Promise<void>
}

export function createOldLocks(
  apis: readonly OldLockApi[],
  { clock, tell, trouble }: { readonly clock: Clock; readonly tell: Tell; readonly trouble: Trouble },
): OldLocks {
  const locks = apis.map((api) => ({ api, mark: undefined as string | undefined, holder: '', freeAt: Infinity }))
  let told: string | undefined

  const holder = () => locks.find((lock) => lock.holder !== '' && clock.now() < lock.freeAt)

  async function look(lock: (typeof locks)[number], signal: AbortSignal): Promise<void> {
    const late = (): Error => new DOMException(`no answer within ${ANSWER_MS} ms`, 'TimeoutError')
    const record = await withTimeout(clock, { ms: ANSWER_MS, late }, (s) => lock.api.get(s), signal)
    const mark = record === undefined ? '' : `${record.holder} ${record.renewTime}`
    if (mark === lock.mark) return
    lock.mark = mark
    // A record that is gone may have a holder that has not noticed: it keeps the time that it was promised.
    if (record === undefined) return
    lock.holder = record.holder
    // As with a Lease, its age counts from when we saw it change: one that was left behind holds us up once.
    lock.freeAt = clock.now() + record.leaseDurationSeconds * 1_000
  }

  function say(): void {
    const held = holder()
    const now = held && `${held.holder} ${held.api.name}`
    if (now === told) return
    told = now
    if (held === undefined)
      tell({ level: 'info', reason: 'OldLockFree', message: 'nobody renews an old lock any more' })
    else {
      const message = `${held.holder} holds the old lock ${held.api.name}: heald neither leads nor acts until it is renewed no more`
      tell({ level: 'warn', reason: 'OldLockHeld', message, fields: { holder: held.holder } })
    }
  }

  return {
    blocks: () => locks.some(({ mark }) => mark === undefined) || holder() !== undefined,
    async run(signal) {
      while (locks.length > 0 && !signal.aborted) {
        for (const lock of locks) {
          try {
            await look(lock, signal)
            trouble.over()
          } catch (thrown) {
            if (!signal.aborted) trouble.met(lock.api.name, asError(thrown))
          }
        }
        say()
        await sleepUnless(clock, LOOK_MS, [signal])
      }
    },
  }
}
