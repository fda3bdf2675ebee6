import type { NodeRepair } from '../model/node-repair.ts'
import { isUnproven, isUntouched, lastAttempt, phaseOf } from '../model/node-repair.ts'
import type { Policy } from '../model/policy.ts'
import type { Millis } from '../model/primitives.ts'
import type { RungName } from '../model/rungs.ts'
import type { View } from '../model/view.ts'
import { isVouchedFor } from '../repair/repair-node.ts'
import type { Candidate } from './candidate.ts'
import { type FailedCanary, failedCanary } from './failed-canaries.ts'

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
  /** A repair of another node that began to fail within the window around this moment, and that was not helped. */
  failedAround(since: Millis, node: string): FailedCanary | undefined
  /** Was a node that began to fail within the window around this moment cured by this very rung? */
  curedAround(since: Millis, rung: RungName): boolean
  /** Another node, of which `matters` is true, that began to fail in the same minutes as this one and is not well yet. */
  companion(of: Candidate, matters: (other: Candidate) => boolean): Candidate | undefined
  /** Do these two belong together? */
  together(a: Millis, b: Millis): boolean
}

/** One cause is not always felt within one window: what began within ten of them is taken for the same minutes. */
const SAME_MINUTES_WINDOWS = 10

/** Faults are independent, even those that were seen in the very same look. */
const UNRELATED: Correlation = {
  countAround: () => 1,
  canaryAround: () => undefined,
  failedAround: () => undefined,
  curedAround: () => false,
  companion: () => undefined,
  together: () => false,
}

export function correlate(
  view: View,
  policy: Policy,
  {
    subjects,
    inRepair,
    open,
  }: {
    readonly subjects: readonly Candidate[]
    readonly inRepair: readonly Candidate[]
    readonly open: readonly NodeRepair[]
  },
): Correlation {
  const { windowMs } = policy.correlated
  if (windowMs === 0) return UNRELATED
  const own = new Map(inRepair.map((subject) => [subject.repair?.name, subject]))
  const canaries = open
    .filter((repair) => isUnproven(repair) && isVouchedFor(repair, view))
    .map((repair): Canary => {
      const subject = own.get(repair.name)
      const since = (subject && beganAt(subject, view)) ?? beganToFail(repair, view)
      return { node: repair.spec.nodeName, repair: repair.name, since }
    })
    .sort((a, b) => a.since - b.since || (a.node < b.node ? -1 : 1))
  let times: Float64Array | undefined
  let failed: readonly FailedCanary[] | undefined
  let failing: readonly Failing[] | undefined
  const together = (a: Millis, b: Millis): boolean => Math.abs(a - b) <= windowMs
  const countAround = (since: Millis): number => {
    times ??= failingTimes(view, subjects)
    return lowerBound(times, since + windowMs, true) - lowerBound(times, since - windowMs, false)
  }

  return {
    countAround,
    canaryAround(since) {
      const canary = canaries[firstFrom(canaries, since - windowMs)]
      return canary !== undefined && canary.since <= since + windowMs ? canary : undefined
    },
    failedAround(since, node) {
      failed ??= failedCanaries(view)
      if (failed.length === 0) return undefined
      // A clock that begins with our own sight says nothing of when the node began to fail.
      const unsure = since <= view.sight.seeingSince + windowMs && countAround(since) >= 2
      for (const one of failed) {
        if (one.node !== node && (together(one.since, since) || (unsure && one.open))) return one
      }
      return undefined
    },
    curedAround(since, rung) {
      for (const repair of view.repairs.values()) {
        if (phaseOf(repair) !== 'Succeeded' || repair.status?.reason !== 'Repaired') continue
        if (lastAttempt(repair)?.rung === rung && together(beganToFail(repair, view), since)) return true
      }
      return false
    },
    companion(of, matters) {
      failing ??= failingSubjects(view, subjects)
      const since = beganAt(of, view)
      if (since === undefined) return undefined
      const spanMs = SAME_MINUTES_WINDOWS * windowMs
      let index = firstFrom(failing, since - spanMs)
      for (let other = failing[index]; other !== undefined && other.since <= since + spanMs; other = failing[++index]) {
        if (other.subject.node.name !== of.node.name && matters(other.subject)) return other.subject
      }
      return undefined
    },
    together,
  }
}

function failedCanaries(view: View): readonly FailedCanary[] {
  const found: FailedCanary[] = []
  for (const repair of view.repairs.values()) {
    const canary = failedCanary(repair, view)
    if (canary !== undefined) found.push({ ...canary, since: beganToFail(repair, view) })
  }
  return found.sort((a, b) => a.since - b.since || (a.node < b.node ? -1 : 1))
}

/** By the repair's own evidence, which outlives clocks that were restarted or cleared since. */
export function beganToFail(repair: NodeRepair, view: Pick<View, 'now' | 'calendar'>): Millis {
  const failedForMs = Math.max(0, ...repair.spec.evidence.map(({ failingForSeconds }) => failingForSeconds * 1_000))
  return view.now - (view.calendar - repair.createdAt) - failedForMs
}

/**
 * By the evidence of a repair that has acted, which is a leader's; before, by what heald sees itself, as long as it sees
 * any. Undefined: nothing of it fails.
 */
export function beganAt({ failingSince, repair }: Candidate, view: Pick<View, 'now' | 'calendar'>): Millis | undefined {
  if (repair === undefined || (failingSince !== undefined && isUntouched(repair))) return failingSince
  return beganToFail(repair, view)
}

interface Failing {
  readonly subject: Candidate
  readonly since: Millis
}

function failingSubjects(view: View, subjects: readonly Candidate[]): readonly Failing[] {
  return subjects
    .flatMap((subject): readonly Failing[] => {
      const since = beganAt(subject, view)
      return since === undefined ? [] : [{ subject, since }]
    })
    .sort((a, b) => a.since - b.since || (a.subject.node.name < b.subject.node.name ? -1 : 1))
}

function firstFrom(sorted: readonly { readonly since: Millis }[], at: Millis): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sorted[middle]?.since ?? 0) < at) low = middle + 1
    else high = middle
  }
  return low
}

function failingTimes(view: View, subjects: readonly Candidate[]): Float64Array {
  const times: number[] = []
  for (const subject of subjects) {
    const since = beganAt(subject, view)
    if (since !== undefined) times.push(since)
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
