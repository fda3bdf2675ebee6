import type { Log, Notice, Tell } from '../core/ports/log.ts'
import { asError } from '../lib/errors.ts'
import { scrub } from '../lib/redact.ts'
import { namesOf, type Sink } from './sinks.ts'

export interface TellOptions {
  /** Each hears every notice, in this order. */
  readonly sinks: readonly Sink[]
  /** Where a sink's failure is told. */
  readonly log: Log
}

/** What a sink has not finished yet; more is dropped, so that one that hangs costs no more memory than this. */
const MOST_UNFINISHED = 100

/** The one door through which heald speaks. Never throws: telling never stops or delays acting. */
export function createTell({ sinks, log }: TellOptions): Tell {
  const hearers = sinks.map((sink) => isolate(sink, log))
  return (notice) => {
    const clean = { ...notice, message: scrub(notice.message) }
    for (const hear of hearers) hear(clean)
  }
}

/** A sink that throws, rejects or hangs hurts neither its neighbours nor the one who tells. */
function isolate({ failure, take }: Sink, log: Log): (notice: Notice) => void {
  let unfinished = 0
  return (notice) => {
    const complain = (thrown: unknown): void => {
      try {
        log.warn({ error: asError(thrown), reason: notice.reason, ...namesOf(notice) }, failure)
      } catch {
        // The log itself is what fails: there is nobody left to tell.
      }
    }
    if (unfinished >= MOST_UNFINISHED) return complain(new Error(`dropped, while ${unfinished} before it are not done`))
    try {
      const finish = take(notice)
      // TypeScript lets a function that returns anything stand for one that returns nothing.
      if (!(finish instanceof Promise)) return
      unfinished++
      void finish.catch(complain).finally(() => unfinished--)
    } catch (thrown) {
      complain(thrown)
    }
  }
}
