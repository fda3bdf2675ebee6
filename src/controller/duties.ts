import type { Term } from '../core/ports/term.ts'
import { createLinked } from '../lib/abort.ts'

/** `hand-over`: the leader asks for another one, e.g. because its own node must be repaired. */
export type DutyEnd = 'stopped' | 'hand-over'

/**
 * What a leader does in a term, until `stopping`: then it begins nothing new, lets what is under way end, and returns.
 * Everything it does hangs on `term.signal`. It throws when it can't go on; the term ends then.
 */
export type Duty = (term: Term, stopping: AbortSignal) => Promise<DutyEnd>

/**
 * Runs all duties of a term side by side under its one epoch and signal. The first that ends, in whatever way, has the
 * others stopped; nothing is left running when this returns. Throws what the first that failed threw.
 */
export async function runDuties(duties: readonly Duty[], term: Term, stopping: AbortSignal): Promise<DutyEnd> {
  const ending = createLinked([stopping])
  try {
    const ends = await Promise.allSettled(
      duties.map(async (duty) => {
        try {
          return await duty(term, ending.signal)
        } finally {
          ending.abort()
        }
      }),
    )
    const failed = ends.find((end) => end.status === 'rejected')
    if (failed !== undefined) throw failed.reason
    return ends.some((end) => end.status === 'fulfilled' && end.value === 'hand-over') ? 'hand-over' : 'stopped'
  } finally {
    ending.unlink()
  }
}
