import type { Log, Notice, Tell } from '../core/ports/log.ts'
import { asError } from '../lib/errors.ts'
import { scrub } from '../lib/redact.ts'
import type { Metrics } from './metrics.ts'

/** Takes a notice whose `event` is set, and makes a Kubernetes event of it. Must not wait: telling never delays acting. */
export type EventSink = (notice: Notice & { readonly event: 'Normal' | 'Warning' }) => void

export interface TellOptions {
  readonly log: Log
  readonly metrics: Pick<Metrics, 'notice'>
  readonly event?: EventSink
}

/** What a log line calls the objects that it is about. */
const FIELDS: Readonly<Record<string, string>> = { Node: 'node', NodeRepair: 'repair' }

/** The one door through which heald speaks: a log line, a count, and an event where there is an object to hang it on. */
export function createTell({ log, metrics, event }: TellOptions): Tell {
  return (notice) => {
    const { level, reason, regarding = [], fields = {} } = notice
    const names = Object.fromEntries(regarding.map(({ kind, name }) => [FIELDS[kind] ?? kind, name]))
    const message = scrub(notice.message)
    // Names of our own last: a notice's extra fields can't take their place.
    log[level]({ ...fields, ...names, message }, reason)
    metrics.notice(notice)
    if (event === undefined || notice.event === undefined || regarding.length === 0) return
    try {
      event({ ...notice, message, event: notice.event })
    } catch (thrown) {
      log.warn({ error: asError(thrown), reason, ...names }, 'EventNotSent')
    }
  }
}
