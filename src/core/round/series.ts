import { isApproved } from '../annotations/approval.ts'
import type { Millis } from '../model/primitives.ts'
import { isVouchedFor, poolOf } from '../repair/repair-node.ts'
import type { Candidate } from './candidate.ts'
import { beganToFail } from './correlation.ts'
import type { Round } from './round.ts'

/** Nodes of one pool that need help within this, one after the other, are taken for one cause that wanders. */
export const SERIES_MS: Millis = 7_200_000
/** For as long as this the next one waits for a person. */
export const SERIES_REMEMBERED_MS: Millis = 86_400_000

/** A node, and when it began to fail. */
export interface Member {
  readonly node: string
  readonly since: Millis
}

/** A person has spoken on them: they tell nothing any more of what is to come. */
const ENDED_BY_PERSON: ReadonlySet<unknown> = new Set(['Resumed', 'Withdrawn', 'ByHand'])

/**
 * Which other nodes of its pool needed help before this one, one after the other, the first one first. Those that began
 * within the window of CorrelatedCause are a burst, and stand here as one. None once a person has approved a rung for
 * one of the pool, or where faults are said to be independent.
 */
export function findSeries({
  view,
  policy,
}: Pick<Round, 'view' | 'policy'>): (subject: Candidate) => readonly Member[] {
  const { windowMs } = policy.correlated
  let pools: ReadonlyMap<string, readonly Member[]> | undefined
  return ({ repair }) => {
    if (windowMs === 0 || repair === undefined) return []
    pools ??= membersByPool(view)
    const { nodeName } = repair.spec
    const since = beganToFail(repair, view)
    const within = (pools.get(poolOf(repair, view)) ?? []).filter(
      (one) => one.since >= since - SERIES_MS && one.since <= since,
    )
    const firsts = new Map<string, Member>()
    for (const one of within) if (!firsts.has(one.node)) firsts.set(one.node, one)
    const own = firsts.get(nodeName)?.since ?? since
    firsts.delete(nodeName)
    return apart([...firsts.values()], own, windowMs)
  }
}

/** The first of each burst before the one of `own`; none of that last one. */
function apart(sorted: readonly Member[], own: Millis, windowMs: Millis): readonly Member[] {
  const bursts: Member[] = []
  let last = Number.NEGATIVE_INFINITY
  for (const one of sorted) {
    if (one.since > own) break
    if (one.since - last > windowMs) bursts.push(one)
    last = one.since
  }
  return own - last > windowMs ? bursts : bursts.slice(0, -1)
}

/** By when they began to fail. A pool for which a person has approved something has none. */
function membersByPool(view: Round['view']): ReadonlyMap<string, readonly Member[]> {
  const pools = new Map<string, Member[]>()
  const approved = new Set<string>()
  for (const repair of view.repairs.values()) {
    const { nodeName } = repair.spec
    const pool = poolOf(repair, view)
    if (!isVouchedFor(repair, view)) continue
    if (view.calendar - repair.createdAt >= SERIES_REMEMBERED_MS || ENDED_BY_PERSON.has(repair.status?.reason)) continue
    if (isApproved(repair, view.calendar)) approved.add(pool)
    const member = { node: nodeName, since: beganToFail(repair, view) }
    const members = pools.get(pool)
    if (members === undefined) pools.set(pool, [member])
    else members.push(member)
  }
  for (const pool of approved) pools.delete(pool)
  for (const members of pools.values()) members.sort((a, b) => a.since - b.since || (a.node < b.node ? -1 : 1))
  return pools
}
