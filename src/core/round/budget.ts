import { parseRfc3339 } from '../../lib/pure/rfc3339.ts'
import { type Attempt, isOpen, isProvenUnsent, type NodeRepair } from '../model/node-repair.ts'
import type { Policy } from '../model/policy.ts'
import type { Millis } from '../model/primitives.ts'
import type { View } from '../model/view.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000
const NONE: readonly never[] = []

/** What has been spent of the fleet's budget of acts, and how often each node and machine was repaired lately. */
export interface Budget {
  readonly lastHour: number
  readonly lastDay: number
  /** Calendar: when an act may be issued again; undefined while one may. */
  readonly freeAt: Millis | undefined
  /** Finished repairs of this node or machine within the window, calendar times, oldest first. */
  repairsOf(node: string, instance: string | undefined): readonly Millis[]
}

export function countBudget(view: View, policy: Policy): Budget {
  const { perHour, perDay, perNodeWindowMs } = policy.rate
  const acts: Millis[] = []
  const byNode = new Map<string, NodeRepair[]>()
  const byInstance = new Map<string, NodeRepair[]>()
  for (const repair of view.repairs.values()) {
    const attempts = repair.status?.attempts ?? []
    const open = isOpen(repair)
    const recent = view.calendar - repair.createdAt < perNodeWindowMs
    if (open || recent || view.calendar - repair.createdAt < 7 * DAY_MS) {
      for (const attempt of attempts) if (isSpent(attempt)) acts.push(issuedAt(attempt, view))
    }
    if (open || !recent || attempts.every(isProvenUnsent)) continue
    push(byNode, repair.spec.nodeName, repair)
    const ids = new Set([repair.spec.instance?.id, repair.status?.replacement?.instance.id])
    for (const id of ids) if (id !== undefined && id !== '') push(byInstance, id, repair)
  }
  acts.sort((a, b) => b - a)
  const since = (ms: Millis): number => acts.filter((at) => at > view.calendar - ms).length
  const lastHour = since(HOUR_MS)
  const lastDay = since(DAY_MS)
  return {
    lastHour,
    lastDay,
    freeAt: latest(
      lastHour >= perHour ? freed(acts, perHour, HOUR_MS) : undefined,
      lastDay >= perDay ? freed(acts, perDay, DAY_MS) : undefined,
    ),
    repairsOf(node, instance) {
      if (byNode.size === 0) return NONE
      const ofNode = byNode.get(node)
      const ofInstance = instance === undefined ? undefined : byInstance.get(instance)
      if (ofNode === undefined && ofInstance === undefined) return NONE
      return [...new Set([...(ofNode ?? NONE), ...(ofInstance ?? NONE)])]
        .map(({ createdAt }) => createdAt)
        .sort((a, b) => a - b)
    },
  }
}

/** A start is free: after a power cut a whole fleet needs one. */
function isSpent(attempt: Attempt): boolean {
  return attempt.rung !== 'start' && !isProvenUnsent(attempt)
}

/** An act at no readable time has just happened, as far as the budget goes. */
function issuedAt(attempt: Attempt, view: View): Millis {
  return parseRfc3339(attempt.issuedAt) ?? view.calendar
}

/** `times` newest first: once the `limit`-th newest leaves the window, fewer than `limit` are left in it. */
function freed(times: readonly Millis[], limit: number, windowMs: Millis): Millis {
  const at = times[limit - 1]
  return at === undefined ? Number.POSITIVE_INFINITY : at + windowMs
}

function latest(a: Millis | undefined, b: Millis | undefined): Millis | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.max(a, b)
}

function push(lists: Map<string, NodeRepair[]>, key: string, repair: NodeRepair): void {
  const list = lists.get(key)
  if (list === undefined) lists.set(key, [repair])
  else list.push(repair)
}
