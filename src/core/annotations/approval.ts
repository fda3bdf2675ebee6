import { parseRfc3339 } from '../../lib/pure/rfc3339.ts'
import { APPROVAL_ANNOTATION, type NodeRepair } from '../model/node-repair.ts'
import type { Millis } from '../model/primitives.ts'
import type { RungName } from '../model/rungs.ts'

export type Approved =
  | { readonly state: 'none' }
  | { readonly state: 'expired' | 'valid'; readonly until: Millis }
  | { readonly state: 'unreadable'; readonly text: string }

/** What `heald approve` left on the repair for this rung. Whatever can't be read approves nothing. */
export function approvalOf(repair: NodeRepair, rung: RungName, calendar: Millis): Approved {
  const text = repair.annotations[APPROVAL_ANNOTATION]
  if (text === undefined) return { state: 'none' }
  const parsed = parseObject(text)
  if (parsed === undefined) return { state: 'unreadable', text: text.slice(0, 64) }
  if (!Object.hasOwn(parsed, rung)) return { state: 'none' }
  const expiry = parsed[rung]
  const until = typeof expiry === 'string' ? parseRfc3339(expiry) : undefined
  if (until === undefined) return { state: 'unreadable', text: text.slice(0, 64) }
  return { state: until > calendar ? 'valid' : 'expired', until }
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const parsed: unknown = JSON.parse(text)
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? { ...parsed } : undefined
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return undefined
    throw thrown
  }
}
