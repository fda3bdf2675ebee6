import type { NodeRepair } from '../model/node-repair.ts'
import { phaseOf } from '../model/node-repair.ts'
import type { Policy } from '../model/policy.ts'
import type { Millis } from '../model/primitives.ts'
import type { View } from '../model/view.ts'
import type { Candidate } from './candidate.ts'

/** A repair whose proof is still open, and when its node began to fail. */
export interface Canary {
  readonly node: string
  readonly repair: string | undefined
  readonly since: Millis
}

/** When which nodes began to fail: many at about the same time probably have one cause. */
export interface Correlation {
  /** How many nodes began to fail within the window around this moment, the asking one included. */
  countAround(since: Millis): number
  /** The unproven repair of a node that began to fail within the window around this moment. */
  canaryAround(since: Millis): Canary | undefined
  /** Do these two belong together? */
  together(a: Millis, b: Millis): boolean
}

export function correlate(
  view: View,
  policy: Policy,
  subjects: readonly Candidate[],
  open: readonly NodeRepair[],
): Correlation {
  const { windowMs } = policy.correlated
  const canaries = open
    .filter(isUnproven)
    .map((repair): Canary => ({ node: repair.spec.nodeName, repair: repair.name, since: beganToFail(repair, view) }))
    .sort((a, b) => a.since - b.since || (a.node < b.node ? -1 : 1))
  let times: Float64Array | undefined

  return {
    countAround(since) {
      times ??= failingTimes(view, subjects)
      return lowerBound(times, since + windowMs, true) - lowerBound(times, since - windowMs, false)
    },
    canaryAround(since) {
      let low = 0
      let high = canaries.length
      while (low < high) {
        const middle = (low + high) >> 1
        if ((canaries[middle]?.since ?? 0) < since - windowMs) low = middle + 1
        else high = middle
      }
      const canary = canaries[low]
      return canary !== undefined && canary.since <= since + windowMs ? canary : undefined
    },
    together: (a, b) => Math.abs(a - b) <= windowMs,
  }
}

/** By the repair's own evidence, which outlives clocks that were restarted or cleared since. */
export function beganToFail(repair: NodeRepair, view: Pick<View, 'now' | 'calendar'>): Millis {
  const failedForMs = Math.max(0, ...repair.spec.evidence.map(({ failingForSeconds }) => failingForSeconds * 1_000))
  return view.now - (view.calendar - repair.createdAt) - failedForMs
}

function isUnproven(repair: NodeRepair): boolean {
  const phase = phaseOf(repair)
  return phase === 'Pending' || phase === 'Draining' || phase === 'Acting' || phase === 'Verifying'
}

function failingTimes(view: View, subjects: readonly Candidate[]): Float64Array {
  const times: number[] = []
  for (const { failingSince, repair } of subjects) {
    if (repair !== undefined) times.push(beganToFail(repair, view))
    else if (failingSince !== undefined) times.push(failingSince)
  }
  return Float64Array.from(times).sort()
}

/** The first index whose time is not before `at` (or, with `after`, that is past it). */
function lowerBound(times: Float64Array, at: Millis, after: boolean): number {
  let low = 0
  let high = times.length
  while (low < high) {
    const middle = (low + high) >> 1
    const time = times[middle] ?? 0
    if (time < at || (after && time === at)) low = middle + 1
    else high = middle
  }
  return low
}
