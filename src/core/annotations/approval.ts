import { parseJsonObject } from '../../lib/pure/json.ts'
import { parseRfc3339, rfc3339 } from '../../lib/pure/rfc3339.ts'
import type { NodeRepair } from '../model/node-repair.ts'
import type { Millis } from '../model/primitives.ts'
import { RUNGS, type RungName } from '../model/rungs.ts'

/** On a NodeRepair: JSON `{rung: RFC 3339 expiry}`, written by `heald approve`. */
export const APPROVAL_ANNOTATION = 'heald.dev/approved'

export type Approved =
  | { readonly state: 'none' }
  | { readonly state: 'expired' | 'valid'; readonly until: Millis }
  | { readonly state: 'unreadable'; readonly text: string }

/** What `heald approve` left on the repair for this rung. An approval ends at its expiry, and garbage approves nothing. */
export function approvalOf(
  { annotations }: Pick<NodeRepair, 'annotations'>,
  rung: RungName,
  calendar: Millis,
): Approved {
  const text = annotations[APPROVAL_ANNOTATION]
  if (text === undefined) return { state: 'none' }
  const approvals = parseApprovals(text)
  if (approvals === undefined) return { state: 'unreadable', text: text.slice(0, 64) }
  const until = approvals.get(rung)
  if (until === undefined) return { state: 'none' }
  return { state: until > calendar ? 'valid' : 'expired', until }
}

/** Whatever rung it names: a person has looked at this repair, and wants it to go on. */
export function isApproved(repair: Pick<NodeRepair, 'annotations'>, calendar: Millis): boolean {
  return RUNGS.some((rung) => approvalOf(repair, rung, calendar).state === 'valid')
}

/**
 * The value of APPROVAL_ANNOTATION: until when each rung is approved; undefined when it is none. One entry that is no
 * time makes all of it garbage. Names that are no rung of this version stay.
 */
export function parseApprovals(text: string): ReadonlyMap<string, Millis> | undefined {
  const members = parseJsonObject(text)
  if (members === undefined) return undefined
  const approvals = new Map<string, Millis>()
  for (const [rung, expiry] of Object.entries(members)) {
    const until = typeof expiry === 'string' ? parseRfc3339(expiry) : undefined
    if (until === undefined) return undefined
    approvals.set(rung, until)
  }
  return approvals
}

/** What the annotation should hold, as JSON, so that `rung` is approved too. Other approvals stay, garbage does not. */
export function withApproval(
  { annotations }: Pick<NodeRepair, 'annotations'>,
  rung: RungName,
  until: Millis,
): Readonly<Record<string, string>> {
  const before = parseApprovals(annotations[APPROVAL_ANNOTATION] ?? '{}')
  const approvals = new Map(before).set(rung, until)
  return Object.fromEntries([...approvals].map(([name, at]) => [name, rfc3339(at)]))
}
