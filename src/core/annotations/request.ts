import { parseJsonObject } from '../../lib/pure/json.ts'
import { parseRfc3339, rfc3339 } from '../../lib/pure/rfc3339.ts'
import type { NodeFacts } from '../model/node.ts'
import type { RepairRequest } from '../model/node-repair.ts'
import type { Millis } from '../model/primitives.ts'
import { RUNGS } from '../model/rungs.ts'

/**
 * On a Node: JSON `{reason, until, rung?, by?}`, written by `heald repair`. Unlike a pause it has heald act, so it is read
 * strictly: what is not exactly this asks for nothing, and says so.
 */
export const REQUEST_ANNOTATION = 'heald.dev/repair-request'

export type Requested =
  | { readonly state: 'none' }
  | { readonly state: 'valid' | 'expired'; readonly request: RepairRequest }
  /** `why` is for people, and says what would be right. */
  | { readonly state: 'unreadable'; readonly why: string }

/** Longer texts are no reason and no name. */
export const LONGEST = 200
const KEYS: ReadonlySet<string> = new Set(['reason', 'until', 'rung', 'by'])
const RIGHT =
  'it asks for nothing; write {"reason": "TEXT", "until": "2026-03-01T12:00:00Z"} as JSON, with "rung" and "by" if you like, or use `heald repair`'

/** What a person asks for on this node. A request ends at its `until`. */
export function requestOf({ annotations }: Pick<NodeFacts, 'annotations'>, calendar: Millis): Requested {
  const text = annotations[REQUEST_ANNOTATION]
  if (text === undefined) return { state: 'none' }
  const members = parseJsonObject(text)
  if (members === undefined) return unreadable('is no JSON object')
  const unknown = Object.keys(members).find((key) => !KEYS.has(key))
  if (unknown !== undefined) return unreadable(`has ${JSON.stringify(unknown.slice(0, 60))}, which is not known`)
  const { reason, until, rung, by } = members
  if (!isShort(reason)) return unreadable(`needs a reason, in 1 to ${LONGEST} characters`)
  if (by !== undefined && !isShort(by)) return unreadable(`names who asks by 1 to ${LONGEST} characters`)
  const name = RUNGS.find((each) => each === rung)
  if (rung !== undefined && name === undefined) return unreadable(`asks for a rung that is none of ${RUNGS.join(', ')}`)
  const end = typeof until === 'string' ? parseRfc3339(until) : undefined
  if (end === undefined) return unreadable('needs until, a time such as 2026-03-01T12:00:00Z')
  const request: RepairRequest = {
    reason,
    until: rfc3339(end),
    ...(name === undefined ? {} : { rung: name }),
    ...(by === undefined ? {} : { by }),
  }
  return { state: end > calendar ? 'valid' : 'expired', request }
}

/** The value of REQUEST_ANNOTATION. */
export function formatRequest({ reason, until, rung, by }: RepairRequest): string {
  return JSON.stringify({ reason, until, rung, by })
}

export function isSameRequest(a: RepairRequest | undefined, b: RepairRequest | undefined): boolean {
  return a !== undefined && b !== undefined && formatRequest(a) === formatRequest(b)
}

/** `alice asks for reboot-hard until 2026-03-01T12:00:00.000Z: the fan is dead`. */
export function describeRequest({ reason, until, rung, by = 'a person' }: RepairRequest): string {
  return `${by} asks for ${rung ?? 'a repair'} until ${until}: ${reason}`
}

function unreadable(what: string): Requested {
  return { state: 'unreadable', why: `${REQUEST_ANNOTATION} ${what}: ${RIGHT}` }
}

function isShort(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '' && value.length <= LONGEST
}
