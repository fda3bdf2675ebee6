import { parseRfc3339 } from '../../../lib/pure/rfc3339.ts'
import { type NodeRepair, phaseOf } from '../../model/node-repair.ts'
import type { Millis } from '../../model/primitives.ts'
import type { StoredPhaseReason } from '../../model/repair-reasons.ts'
import type { Candidate } from '../../round/candidate.ts'
import { type Round, toMonotonic } from '../../round/round.ts'

const FIRST_MS: Millis = 60_000
const LONGEST_MS: Millis = 3_600_000
/** What was cancelled longer ago says nothing of who is at work now. */
const WINDOW_MS: Millis = 6 * LONGEST_MS

/** The node was well, or a person wants heald to go on with it. */
const NO_QUARREL: ReadonlySet<StoredPhaseReason | undefined> = new Set(['Recovered', 'Resumed'])

export interface CancelledBefore {
  readonly times: number
  /** The newest of them. */
  readonly repair: NodeRepair
  /** Monotonic: no repair of the node is opened before; a minute after the first, twice as long after each other, an hour at most. */
  readonly until: Millis
}

/**
 * The repairs of this very Node that were cancelled lately though it was not well. Whoever cancels them, be it a switch that goes to
 * and fro or another program that thinks they are its own, would otherwise have one opened anew each second, for ever.
 */
export function findCancelledBefore(round: Round): (subject: Candidate) => CancelledBefore | undefined {
  const { view } = round
  let known: ReadonlyMap<string, CancelledBefore> | undefined
  return ({ node, repair }) => {
    if (repair !== undefined) return undefined
    known ??= count(view)
    return known.get(node.uid)
  }
}

function count(view: Round['view']): ReadonlyMap<string, CancelledBefore> {
  const found = new Map<string, { times: number; repair: NodeRepair; at: Millis }>()
  for (const repair of view.repairs.values()) {
    if (phaseOf(repair) !== 'Cancelled' || NO_QUARREL.has(repair.status?.reason)) continue
    const at = endOf(repair, view.calendar)
    if (view.calendar - at >= WINDOW_MS) continue
    const before = found.get(repair.spec.nodeUID)
    const times = (before?.times ?? 0) + 1
    const newest = before === undefined || at > before.at ? { repair, at } : before
    found.set(repair.spec.nodeUID, { times, repair: newest.repair, at: newest.at })
  }
  return new Map(
    [...found].map(([uid, { times, repair, at }]) => {
      const until = toMonotonic(view, at + Math.min(LONGEST_MS, FIRST_MS * 2 ** (times - 1)))
      return [uid, { times, repair, until }]
    }),
  )
}

/** A time that is still to come, or is none, was written by somebody else: it must not hold the node for ever. */
function endOf({ status, createdAt }: NodeRepair, calendar: Millis): Millis {
  const at = parseRfc3339(status?.finishedAt ?? '')
  return at === undefined || at > calendar ? createdAt : at
}
