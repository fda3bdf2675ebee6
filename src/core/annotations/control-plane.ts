import { parseRfc3339, rfc3339 } from '../../lib/pure/rfc3339.ts'
import type { Millis } from '../model/primitives.ts'

/**
 * On heald's own Lease: JSON `[{count, lastSeen}]`, how many control-plane nodes there were in the last 7 days and when
 * so many were last seen (RFC 3339). Written by the leader with each renewal, read by every replica.
 */
export const CONTROL_PLANE_ANNOTATION = 'heald.dev/control-plane'
/** The same of etcd nodes; absent where no node carries a label of theirs. */
export const ETCD_ANNOTATION = 'heald.dev/etcd'

export interface DatedCount {
  readonly count: number
  /** Calendar milliseconds. */
  readonly lastSeen: Millis
}

/** More control-plane nodes than anybody has. */
const MOST = 1_000

/**
 * What can be read of the annotation. Garbage is passed over, entry by entry: each count that is believed makes Quorum
 * hold sooner, so that losing the readable ones with the others would be the less safe reading.
 */
export function parseControlPlane(text: string | undefined): readonly DatedCount[] {
  return listOf(text ?? '[]').flatMap((entry): readonly DatedCount[] => {
    const { count, lastSeen } = typeof entry === 'object' && entry !== null ? { ...NOTHING, ...entry } : NOTHING
    const at = typeof lastSeen === 'string' ? parseRfc3339(lastSeen) : undefined
    if (typeof count !== 'number' || !Number.isInteger(count) || count < 1 || count > MOST) return []
    return at === undefined ? [] : [{ count, lastSeen: at }]
  })
}

const NOTHING: { readonly count?: unknown; readonly lastSeen?: unknown } = {}

function listOf(text: string): readonly unknown[] {
  try {
    const parsed: unknown = JSON.parse(text)
    return Array.isArray(parsed) ? parsed : []
  } catch {
    return []
  }
}

export function formatControlPlane(counts: readonly DatedCount[]): string {
  return JSON.stringify(counts.map(({ count, lastSeen }) => ({ count, lastSeen: rfc3339(lastSeen) })))
}
