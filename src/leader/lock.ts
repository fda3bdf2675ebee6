import type { Millis } from '../core/model/primitives.ts'
import type { Clock } from '../core/ports/clock.ts'
import { LeaseLostError } from '../core/ports/term.ts'
import type { LeaseApi, LeaseFields, LeaseRecord } from '../kube/lease.ts'
import { withTimeout } from '../lib/abort.ts'
import type { Timings } from './timings.ts'

/** What a candidate knows of a Lease: the record, and when its own clock saw it become so. */
export interface Sighting {
  readonly holder: string
  readonly transitions: number
  readonly freeAt: Millis
}

/** One Lease, seen from one process. Not for concurrent use: the elector calls one method at a time. */
export interface Lock {
  readonly name: string
  /** leaseTransitions of our hold; 0 without one. */
  readonly epoch: number
  /** Our hold ends at this monotonic moment unless renewed; undefined = not held. Counted from before the request was sent. */
  readonly validUntil: Millis | undefined
  readonly seen: Sighting | undefined
  /** The most transitions that were ever seen. */
  readonly highest: number
  /** Learns who holds it, without competing. */
  look(signal: AbortSignal): Promise<void>
  /** True when held afterwards. Every hold has an epoch above all that were seen before, and above `floor`. */
  acquire(floor: number, signal: AbortSignal): Promise<boolean>
  /** PUT at the resourceVersion of our last renewal. LeaseLostError when it is not ours any more; other errors decide nothing. */
  renew(signal: AbortSignal): Promise<void>
  /** Empties the record, so that others need not wait. */
  release(signal: AbortSignal): Promise<void>
  /** Stops claiming it, and leaves the record to expire. */
  drop(): void
}

/** A request that takes longer than this share of the renew deadline is given up: there must be time for another one. */
const REQUEST_SHARE = 0.3

export function createLock(api: LeaseApi, identity: string, clock: Clock, timings: Timings): Lock {
  let held: { readonly record: LeaseRecord; readonly validUntil: Millis; readonly acquiredAt: Millis } | undefined
  let seen: (Sighting & { readonly mark: string }) | undefined
  let highest = 0

  function see(record: LeaseRecord | undefined): void {
    const mark = record === undefined ? 'gone' : `${record.holder} ${record.renewTime} ${record.transitions}`
    const wentBack = isFromBefore(record)
    highest = Math.max(highest, record?.transitions ?? 0)
    if (seen?.mark === mark) return
    const seconds = wentBack ? undefined : record?.leaseDurationSeconds
    const durationMs = seconds === undefined ? timings.leaseDurationMs : seconds * 1_000
    // A Lease that vanished may still have a leader that has not noticed: it is owed the whole duration. One that was never there is not.
    const freeAt = record === undefined && (seen === undefined || isOurs(seen)) ? clock.now() : clock.now() + durationMs
    seen = { mark, holder: record?.holder ?? '', transitions: record?.transitions ?? 0, freeAt }
  }

  async function read(limitMs: Millis, signal: AbortSignal): Promise<LeaseRecord | undefined> {
    const stored = await ask(limitMs, signal, (s) => api.get(s))
    see(stored)
    return stored
  }

  function isOurs(sighting: Sighting): boolean {
    return sighting.holder === identity
  }

  /** An older record was put back, as by a restored etcd: who has led since it was written may not have noticed. */
  function isFromBefore(record: LeaseRecord | undefined): boolean {
    return record !== undefined && record.transitions < highest
  }

  function isFree(record: LeaseRecord | undefined): boolean {
    const isOpen = record !== undefined && (record.holder === '' || record.holder === identity)
    if (isOpen && !isFromBefore(record)) return true
    return seen !== undefined && clock.now() >= seen.freeAt
  }

  function fields(transitions: number, acquiredAt: Millis): LeaseFields {
    const leaseDurationSeconds = Math.ceil(timings.leaseDurationMs / 1_000)
    return { holder: identity, transitions, renewedAt: clock.wall(), acquiredAt, leaseDurationSeconds }
  }

  function ask<T>(limitMs: Millis, signal: AbortSignal, call: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const ms = Math.min(limitMs, timings.renewDeadlineMs * REQUEST_SHARE)
    const late = (): Error => new DOMException(`no answer within ${ms} ms`, 'TimeoutError')
    return withTimeout(clock, { ms, late }, call, signal)
  }

  function lost(why: string): LeaseLostError {
    held = undefined
    return new LeaseLostError(`lease ${api.name}: lost: ${why}`)
  }

  /** The fence by our own clock: right after a freeze this is what stops us, before any request. */
  function timeLeft(): Millis {
    if (held === undefined) throw lost('not held')
    const left = held.validUntil - clock.now()
    if (left <= 0) throw lost(`not renewed for ${timings.renewDeadlineMs} ms`)
    return left
  }

  function keep(record: LeaseRecord, sentAt: Millis, acquiredAt: Millis): void {
    see(record)
    held = { record, validUntil: sentAt + timings.renewDeadlineMs, acquiredAt }
  }

  async function put(
    next: LeaseFields,
    at: LeaseRecord,
    limit: () => Millis,
    signal: AbortSignal,
  ): Promise<{ record: LeaseRecord; sentAt: Millis }> {
    let sentAt = clock.now()
    let record = await ask(limit(), signal, (s) => api.update(next, at, s))
    if (record === 'conflict') {
      // Somebody took it, or an earlier PUT of ours arrived although its answer did not, or a person touched its labels.
      const stored = await read(limit(), signal)
      if (stored === undefined) throw lost('it was deleted')
      if (stored.holder !== identity || stored.transitions !== at.transitions) {
        throw lost(`held by ${stored.holder || 'nobody'}, transition ${stored.transitions}`)
      }
      sentAt = clock.now()
      record = await ask(limit(), signal, (s) => api.update(next, stored, s))
    }
    if (record === 'gone') throw lost('it was deleted')
    if (record === 'conflict') throw lost('somebody else wrote it')
    return { record, sentAt }
  }

  return {
    name: api.name,
    get epoch() {
      return held?.record.transitions ?? 0
    },
    get validUntil() {
      return held?.validUntil
    },
    get seen() {
      return seen
    },
    get highest() {
      return highest
    },
    async look(signal) {
      await read(Infinity, signal)
    },
    async acquire(floor, signal) {
      held = undefined
      const stored = await read(Infinity, signal)
      if (!isFree(stored)) return false
      const acquiredAt = clock.wall()
      const next = fields(Math.max(highest, floor) + 1, acquiredAt)
      const sentAt = clock.now()
      const written = await ask(Infinity, signal, (s) =>
        stored === undefined ? api.create(next, s) : api.update(next, stored, s),
      )
      if (written === 'conflict') {
        // Somebody was faster. Should it vanish before we look again, he is owed its duration all the same.
        seen = { mark: 'taken', holder: '', transitions: highest, freeAt: clock.now() + timings.leaseDurationMs }
      }
      if (typeof written === 'string') return false
      keep(written, sentAt, acquiredAt)
      return clock.now() < sentAt + timings.renewDeadlineMs
    },
    async renew(signal) {
      timeLeft()
      if (held === undefined) throw lost('not held')
      const { record, acquiredAt } = held
      const written = await put(fields(record.transitions, acquiredAt), record, timeLeft, signal)
      keep(written.record, written.sentAt, acquiredAt)
      timeLeft()
    },
    async release(signal) {
      if (held === undefined) return
      const { record, acquiredAt } = held
      held = undefined
      const empty = { ...fields(record.transitions, acquiredAt), holder: '', leaseDurationSeconds: 1 }
      await put(empty, record, () => Infinity, signal)
    },
    drop() {
      held = undefined
    },
  }
}
