import { parseDuration } from '../../lib/pure/duration.ts'
import { fnv1aHex } from '../../lib/pure/hash.ts'
import { parseRfc3339, rfc3339 } from '../../lib/pure/rfc3339.ts'
import type { Millis } from '../model/primitives.ts'
import type { Pause } from '../model/view.ts'

/**
 * On the ConfigMap (cluster) or on a Node: `"true"`, `"2h"`, `"2h: upgrade INC-7"` or an RFC 3339 time, for people to write.
 * Garbage pauses, and says so: who wrote something wanted heald to stop.
 */
export const PAUSED_ANNOTATION = 'heald.dev/paused'
/** Beside it, written by heald alone: `2026-03-01T12:00:00.000Z 1a2b3c4d` = when it ends, and the hash of the text this was worked out from. Garbage counts as none. */
export const PAUSED_UNTIL_ANNOTATION = 'heald.dev/paused-until'

/** The names of the two annotations on a Node, or on the ConfigMap for the cluster; with `pool`, on the ConfigMap for that pool. */
export interface PauseKeys {
  readonly paused: string
  readonly until: string
}

export function pauseKeys(pool?: string): PauseKeys {
  const suffix = pool === undefined ? '' : `.${pool}`
  return { paused: PAUSED_ANNOTATION + suffix, until: PAUSED_UNTIL_ANNOTATION + suffix }
}

/** The pools that annotations of the ConfigMap name, paused or not any more. */
export function poolsNamed(annotations: Readonly<Record<string, string>>): readonly string[] {
  const prefix = `${PAUSED_ANNOTATION}.`
  return Object.keys(annotations).flatMap((key) => (key.startsWith(prefix) ? [key.slice(prefix.length)] : []))
}

export interface ParsedPause {
  /** Undefined: not paused, or not any more. */
  readonly paused: Pause | undefined
  /** Set: the value can't be understood. It pauses all the same, and this says what would be right. */
  readonly malformed?: string
}

export interface PauseState extends ParsedPause {
  /** What PAUSED_UNTIL_ANNOTATION should hold; undefined = it should not be there. */
  readonly record: string | undefined
}

const RIGHT =
  'write true, false, a duration such as 2h, or a time such as 2026-03-01T12:00:00Z, each with ": reason" if you like'
const TIME = /^(\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:\d\d))(?:\s*:\s*(.*))?$/s
const WORD = /^([^:]*?)\s*(?::\s*(.*))?$/s
const RECORD = /^(\S+) ([0-9a-f]{8})$/
const MAX_REASON = 200

/** Says whether a value of PAUSED_ANNOTATION pauses at `now`. `setAt`: since when it stands there, if known; durations count from it. */
export function parsePause(value: string, setAt: Millis | undefined, now: Millis): ParsedPause {
  const meaning = meaningOf(value)
  switch (meaning.kind) {
    case 'off':
      return { paused: undefined }
    case 'on':
      return { paused: { reason: meaning.reason, until: undefined } }
    case 'malformed':
      return { paused: { reason: meaning.reason, until: undefined }, malformed: meaning.reason }
    case 'until':
    case 'for': {
      const until = meaning.kind === 'for' ? (setAt ?? now) + meaning.ms : meaning.ms
      const pause = { reason: meaning.reason, until }
      return { paused: isOver(pause, now) ? undefined : pause }
    }
  }
}

/** From its end on a pause is over. */
export function isOver({ until }: Pause, calendar: Millis): boolean {
  return until !== undefined && until <= calendar
}

/**
 * Reads both annotations, by default those of the object itself. A duration counts from when heald first saw this very text: its end is kept in
 * the record, whose hash tells a text that was changed since (it counts anew) from one that was not. A record never
 * makes a pause longer than its text says, counted from now.
 */
export function readPause(
  annotations: Readonly<Record<string, string>>,
  now: Millis,
  keys: PauseKeys = pauseKeys(),
): PauseState {
  const value = annotations[keys.paused]
  if (value === undefined) return { paused: undefined, record: undefined }
  const meaning = meaningOf(value)
  if (meaning.kind !== 'for') return { ...parsePause(value, undefined, now), record: pauseRecord(value, now) }

  const end = recordedEnd(annotations[keys.until] ?? '', value)
  const setAt = end === undefined ? now : Math.min(end - meaning.ms, now)
  return { ...parsePause(value, setAt, now), record: pauseRecord(value, setAt) }
}

/** The record of a value that was set at `setAt`, for those who write both annotations at once (`heald pause`). */
export function pauseRecord(value: string, setAt: Millis): string | undefined {
  const meaning = meaningOf(value)
  if (meaning.kind !== 'for' && meaning.kind !== 'until') return undefined
  const until = meaning.kind === 'for' ? setAt + meaning.ms : meaning.ms
  return `${rfc3339(until)} ${fnv1aHex(value)}`
}

type Meaning =
  | { readonly kind: 'off' }
  | { readonly kind: 'on' | 'malformed'; readonly reason: string }
  | { readonly kind: 'until' | 'for'; readonly ms: Millis; readonly reason: string }

function meaningOf(value: string): Meaning {
  const text = value.trim()
  const time = TIME.exec(text)
  if (time !== null) {
    const ms = parseRfc3339((time[1] ?? '').toUpperCase())
    return ms === undefined ? malformed(text) : { kind: 'until', ms, reason: reasonOf(time[2]) }
  }
  const word = WORD.exec(text)
  const what = (word?.[1] ?? '').toLowerCase()
  if (what === 'false') return { kind: 'off' }
  if (what === 'true') return { kind: 'on', reason: reasonOf(word?.[2]) }
  const ms = parseDuration(what)
  return ms === undefined || ms === 0 ? malformed(text) : { kind: 'for', ms, reason: reasonOf(word?.[2]) }
}

function malformed(text: string): Meaning {
  const shown = text === '' ? 'an empty value' : JSON.stringify(text.slice(0, 60))
  return { kind: 'malformed', reason: `${PAUSED_ANNOTATION}: ${shown} can not be understood, so it pauses; ${RIGHT}` }
}

function reasonOf(text: string | undefined): string {
  const reason = (text ?? '').replace(/\s+/g, ' ').trim().slice(0, MAX_REASON)
  return reason === '' ? `${PAUSED_ANNOTATION} is set` : reason
}

function recordedEnd(stored: string, value: string): Millis | undefined {
  const [, time = '', hash] = RECORD.exec(stored) ?? []
  return hash === fnv1aHex(value) ? parseRfc3339(time) : undefined
}
