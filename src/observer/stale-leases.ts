import type { Heartbeat, NodeFacts } from '../core/model/node.ts'
import type { Policy } from '../core/model/policy.ts'
import type { Millis } from '../core/model/primitives.ts'
import type { SourceHealth } from '../core/model/view.ts'
import { heartbeatAge, type Seeing } from './witnesses.ts'

/** Which leases are stale now, and since when each: many at once are our own blindness until shown otherwise. */
export interface StaleLeases {
  update(
    now: Millis,
    nodes: ReadonlyMap<string, Pick<NodeFacts, 'notOurs'>>,
    heartbeats: ReadonlyMap<string, Heartbeat>,
    seeing: Seeing,
    policy: Policy,
  ): void
  /** Nobody looked for `ms`: those who fell silent before it and those who do so after it stay as close together. */
  standStill(ms: Millis): void
  summary(stopped: ReadonlySet<string>, ownRenewalsFine: boolean): SourceHealth['leases']
}

export function createStaleLeases(): StaleLeases {
  const staleSince = new Map<string, Millis>()
  let total = 0
  let windowMs = 40_000
  /** Counted once for all rounds between two polls. */
  let known: { readonly stopped: ReadonlySet<string>; readonly together: ReturnType<typeof countTogether> } | undefined

  return {
    update(now, nodes, heartbeats, seeing, policy) {
      windowMs = policy.ownSight.massWindowMs
      known = undefined
      for (const node of staleSince.keys()) if (!isCounted(nodes.get(node))) staleSince.delete(node)
      total = 0
      for (const [node, facts] of nodes) {
        if (!isCounted(facts)) continue
        const age = heartbeatAge(heartbeats.get(node), now, seeing)
        if (age === undefined) continue
        total += 1
        if (age <= policy.heartbeatMaxAgeMs) staleSince.delete(node)
        else if (!staleSince.has(node)) staleSince.set(node, now)
      }
    },
    standStill(ms) {
      known = undefined
      for (const [node, since] of staleSince) staleSince.set(node, since + ms)
    },
    summary(stopped, ownRenewalsFine) {
      if (known?.stopped !== stopped) known = { stopped, together: countTogether(staleSince, stopped, windowMs) }
      const { stale, staleTogether, since } = known.together
      return { total: total - (staleSince.size - stale), staleTogether, since, ownRenewalsFine }
    },
  }
}

/** The silence of what is no machine of ours says nothing of our sight. */
function isCounted(node: Pick<NodeFacts, 'notOurs'> | undefined): boolean {
  return node !== undefined && node.notOurs === undefined
}

/** The most that fell silent within one window, the `stopped` ones not counted. */
function countTogether(staleSince: ReadonlyMap<string, Millis>, stopped: ReadonlySet<string>, windowMs: Millis) {
  // A map keeps the order in which its entries came, and they came as time went.
  const times: Millis[] = []
  // `forEach`, since pairs would be one more array for each of 15,000 nodes.
  staleSince.forEach((since, node) => {
    if (!stopped.has(node)) times.push(since)
  })
  let staleTogether = 0
  let since: Millis | undefined
  for (let first = 0, last = 0; last < times.length; last++) {
    while ((times[last] ?? 0) - (times[first] ?? 0) > windowMs) first += 1
    if (last - first + 1 > staleTogether) {
      staleTogether = last - first + 1
      since = times[first]
    }
  }
  return { stale: times.length, staleTogether, since }
}
