import { createHash, randomBytes } from 'node:crypto'
import type { ObjectRef } from '../core/model/object-ref.ts'
import type { Millis } from '../core/model/primitives.ts'
import type { Clock } from '../core/ports/clock.ts'
import type { Log } from '../core/ports/log.ts'
import { asError } from '../lib/errors.ts'
import { microTime } from '../lib/pure/rfc3339.ts'
import { createQueue } from '../lib/queue.ts'
import { hasStatus } from './client/answers.ts'
import type { KubeHttp } from './client/http.ts'
import { EVENTS, pathIn } from './client/paths.ts'

export interface EventNotice {
  /** Cluster-scoped. */
  readonly regarding: ObjectRef & { readonly apiVersion: string; readonly uid: string }
  readonly type: 'Normal' | 'Warning'
  /** PascalCase. */
  readonly reason: string
  readonly message: string
}

export interface EventSinkOptions {
  readonly http: KubeHttp
  readonly clock: Clock
  readonly log: Log
  /** Reporting controller, e.g. `heald`. */
  readonly component: string
  /** Reporting instance: this process. */
  readonly instance: string
  /** Nothing is sent after it was aborted. */
  readonly signal: AbortSignal
  /** A repeat later than this after the one before is an event of its own. 10 min. */
  readonly seriesMs?: Millis
  /** A series is written at its 2nd repeat at once, later ones at most so often. 1 min. */
  readonly updateMs?: Millis
  /** At most `burst` events at once, and `perMinute` in the long run; more are dropped and counted in the log. 100, 60. */
  readonly burst?: number
  readonly perMinute?: number
}

interface Series {
  readonly name: string
  readonly eventTime: string
  count: number
  seenAt: Millis
  writtenAt: Millis
}

/**
 * Kubernetes events, in the order in which they were told. Equal ones become one event with a count. Returns at once
 * and never throws: an event that could not be written is a line in the log.
 */
export function createEventSink(options: EventSinkOptions): (notice: EventNotice) => void {
  const { http, clock, log, component, instance, signal } = options
  const { seriesMs = 600_000, updateMs = 60_000, burst = 100, perMinute = 60 } = options
  const series = new Map<string, Series>()
  let tokens = burst
  let refilledAt = clock.now()
  let dropped = 0
  const inTurn = createQueue()

  function takeToken(): boolean {
    const now = clock.now()
    tokens = Math.min(burst, tokens + ((now - refilledAt) / 60_000) * perMinute)
    refilledAt = now
    if (tokens < 1) {
      dropped++
      return false
    }
    tokens--
    if (dropped > 0) log.warn({ dropped }, 'events were dropped')
    dropped = 0
    return true
  }

  function forgetOld(now: Millis): void {
    for (const [key, { seenAt }] of series) if (now - seenAt > seriesMs) series.delete(key)
  }

  async function create(notice: EventNotice, known: Series): Promise<void> {
    const { apiVersion, kind, name, uid } = notice.regarding
    const body = {
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { name: known.name, namespace: 'default' },
      eventTime: known.eventTime,
      reportingController: component,
      reportingInstance: instance.slice(0, 128),
      action: notice.reason,
      reason: notice.reason,
      type: notice.type,
      note: cutBytes(notice.message, 1024),
      regarding: { apiVersion, kind, name, uid },
    }
    await http.request({ method: 'POST', path: EVENTS, body }, signal)
  }

  async function update(notice: EventNotice, known: Series, count: number, at: string): Promise<void> {
    const body = { series: { count, lastObservedTime: at } }
    const path = pathIn(EVENTS, known.name)
    try {
      await http.request({ method: 'PATCH', path, body, contentType: 'application/merge-patch+json' }, signal)
    } catch (thrown) {
      // Events end after an hour, or never arrived.
      if (!hasStatus(thrown, [404])) throw thrown
      await create(notice, known)
    }
  }

  function send(notice: EventNotice, write: () => Promise<void>): void {
    void inTurn(async () => {
      if (signal.aborted) return
      try {
        await write()
      } catch (thrown) {
        if (signal.aborted) return
        const { regarding, reason } = notice
        log.warn({ regarding, reason, error: asError(thrown).message }, 'event could not be written')
      }
    })
  }

  return (notice) => {
    const now = clock.now()
    const at = microTime(http.contact.calendar())
    forgetOld(now)
    const key = JSON.stringify([notice.regarding, notice.type, notice.reason, notice.message])
    const known = series.get(key)
    if (known === undefined) {
      if (!takeToken()) return
      const first = { name: eventName(notice), eventTime: at, count: 1, seenAt: now, writtenAt: now }
      series.set(key, first)
      send(notice, () => create(notice, first))
      return
    }
    known.count++
    known.seenAt = now
    if ((known.count > 2 && now - known.writtenAt < updateMs) || !takeToken()) return
    known.writtenAt = now
    const { count } = known
    send(notice, () => update(notice, known, count, at))
  }
}

function eventName({ regarding }: EventNotice): string {
  const unique = randomBytes(8).toString('hex')
  if (regarding.name.length <= 200) return `${regarding.name}.${unique}`
  return `${createHash('sha256').update(regarding.name).digest('hex').slice(0, 16)}.${unique}`
}

function cutBytes(text: string, limit: number): string {
  const bytes = Buffer.from(text)
  if (bytes.length <= limit) return text
  // A character cut in two at the end is left out.
  const whole = new TextDecoder('utf-8').decode(bytes.subarray(0, limit - 3), { stream: true })
  return `${whole}…`
}
