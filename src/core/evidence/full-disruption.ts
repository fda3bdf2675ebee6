import type { Policy } from '../model/policy.ts'
import type { Millis } from '../model/primitives.ts'
import type { SourceHealth } from '../model/view.ts'

export interface Disruption {
  /** So many nodes fell silent at once that our own sight is blamed. */
  readonly blamed: boolean
  /** When the blame ends though the silence goes on, and Breaker alone decides; undefined while we can't even renew our own lease. */
  readonly givesWayAt: Millis | undefined
}

/** Nodes rarely die together; networks do. After a while with our own renewals fine it must be the nodes after all. */
export function judgeDisruption(leases: SourceHealth['leases'], policy: Policy, now: Millis): Disruption {
  const { massMinLeases, massPercent, massGiveWayMs } = policy.ownSight
  const { total, staleTogether, since, ownRenewalsFine } = leases
  const many = total >= massMinLeases && staleTogether > 0 && staleTogether * 100 >= massPercent * total
  const givesWayAt = ownRenewalsFine && since !== undefined ? since + massGiveWayMs : undefined
  return { blamed: many && !(givesWayAt !== undefined && now >= givesWayAt), givesWayAt }
}
