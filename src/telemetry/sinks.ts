import type { ObjectRef } from '../core/model/object-ref.ts'
import type { Log, Notice } from '../core/ports/log.ts'
import type { Metrics } from './metrics.ts'

/** One place that hears what heald tells. */
export interface Sink {
  /** PascalCase: the log's message when this sink fails. */
  readonly failure: string
  /** Must not block. May go on after it returned: nobody waits for the promise. */
  readonly take: (notice: Notice) => void | Promise<void>
}

/** Takes a notice whose `event` is set, and makes Kubernetes events of it. Must not wait. */
export type EventSink = (notice: Notice & { readonly event: 'Normal' | 'Warning' }) => void

/** What a log line calls the objects that it is about; any other kind goes by its own name. */
const FIELDS: Readonly<Record<string, string>> = { Node: 'node', NodeRepair: 'repair' }

/** The objects of a notice as fields of a log line: `{ node: 'worker-1', repair: 'worker-1-abc-1' }`. */
export function namesOf({ regarding = [] }: Notice): Readonly<Record<string, string>> {
  return Object.fromEntries(regarding.map(({ kind, name }) => [FIELDS[kind] ?? kind, name]))
}

export function logSink(log: Log): Sink {
  return {
    failure: 'NoticeNotLogged',
    // Names of our own last: a notice's extra fields can't take their place.
    take: (notice) =>
      log[notice.level]({ ...notice.fields, ...namesOf(notice), message: notice.message }, notice.reason),
  }
}

export function countSink(metrics: Pick<Metrics, 'notice'>): Sink {
  return { failure: 'NoticeNotCounted', take: metrics.notice }
}

/** For notices that ask for an event. What is about no object, such as the configuration, hangs on `own`: where heald runs. */
export function eventSink(send: EventSink, own: readonly ObjectRef[] = []): Sink {
  return {
    failure: 'EventNotSent',
    take: (notice) => {
      const { event, regarding = [] } = notice
      const about = regarding.length > 0 ? regarding : own
      if (event !== undefined && about.length > 0) send({ ...notice, regarding: about, event })
    },
  }
}
