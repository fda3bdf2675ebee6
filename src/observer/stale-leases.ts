import type { InstanceView } from '../core/model/instance.ts'
import type { Heartbeat } from '../core/model/node.ts'
import type { Policy } from '../core/model/policy.ts'
import type { Millis } from '../core/model/primitives.ts'
import type { SourceHealth } from '../core/model/view.ts'
import { heartbeatAge } from './witnesses.ts'

/** Which leases are stale now, and since when each: many at once are our own blindness until shown otherwise. */
export interface StaleLeases {
  update(
    now: Millis,
    nodes: ReadonlyMap<string, unknown>,
    heartbeats: ReadonlyMap<string, Heartbeat>,
    seeingSince: Millis,
    policy: Policy,
  ): void
  summary(instances: ReadonlyMap<string, InstanceView>, ownRenewalsFine: boolean): SourceHealth['leases']
}

export function createStaleLeases(): StaleLeases {
  const staleSince = new Map<string, Millis>()
  let total = 0
  let windowMs = 40_000

  return {
    update(now, nodes, heartbeats, seeingSince, policy) {
      windowMs = policy.ownSight.massWindowMs
      for (const node of staleSince.keys()) if (!nodes.has(node)) staleSince.delete(node)
      total = 0
      for (const node of nodes.keys()) {
        const age = heartbeatAge(heartbeats.get(node), now, seeingSince)
        if (age === undefined) continue
        total += 1
        if (age <= policy.heartbeatMaxAgeMs) staleSince.delete(node)
        else if (!staleSince.has(node)) staleSince.set(node, now)
      }
    },
    summary(instances, ownRenewalsFine) {
      const provenOff = (node: string): boolean => instances.get(node)?.state?.provenStopped === true
      // A map keeps the order in which its entries came, and they came as time went.
      const times: Millis[] = []
      for (const [node, since] of staleSince) if (!provenOff(node)) times.push(since)
      let staleTogether = 0
      let since: Millis | undefined
      for (let first = 0, last = 0; last < times.length; last++) {
        while ((times[last] ?? 0) - (times[first] ?? 0) > windowMs) first += 1
        if (last - first + 1 > staleTogether) {
          staleTogether = last - first + 1
          since = times[first]
        }
      }
      const off = staleSince.size - times.length
      return { total: total - off, staleTogether, since, ownRenewalsFine }
    },
  }
}
