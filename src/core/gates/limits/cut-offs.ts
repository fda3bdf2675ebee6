import { approvalOf } from '../../annotations/approval.ts'
import { isUnhealthy } from '../../evidence/clocks.ts'
import { FLAPPING, isCutOff } from '../../evidence/flapping.ts'
import type { Millis } from '../../model/primitives.ts'
import { isReboot } from '../../model/rungs.ts'
import type { GateResult, View } from '../../model/view.ts'
import type { Candidate } from '../../round/candidate.ts'
import { no } from '../../round/gate.ts'
import { findRestless } from '../../round/restless.ts'
import type { Round } from '../../round/round.ts'

const NAME = 'CorrelatedCause'

/**
 * Of a node that falls silent and comes back again and again. Two of them, at whatever moments, are the network's or the API
 * server's trouble: no reboot mends that, and not one is tried. One alone is rebooted once; when it has booted and goes on, a
 * person decides about more.
 */
export function judgeCutOffs({ view, policy }: Round): (subject: Candidate) => GateResult | undefined {
  const companionOf = findRestless(view)
  return (subject) => {
    if (!isOnlyCutOff(subject, view) || isApproved(subject, view)) return undefined
    const other = companionOf(subject.node)
    if (other !== undefined) {
      return no(NAME, {
        reason: 'FlappingTogether',
        message: `${other.name} of its pool or zone comes and goes, too: the way to them is blamed, not the machines`,
        have: { beside: other.name },
        need: { beside: null },
        changesAt: other.until,
      })
    }
    const rebooted = rebootedInVain(subject, view, policy.rate.perNodeWindowMs)
    if (rebooted === undefined) return undefined
    return no(NAME, {
      reason: 'FlapsAfterReboot',
      message: `${rebooted} has rebooted it, and it comes and goes as before: the way to it is likelier, and a person decides about more`,
      have: { rebootedBy: rebooted },
      need: { rebootedBy: null },
    })
  }
}

/** It flaps by what is not heard of it, and no check of it has failed long enough on end. */
function isOnlyCutOff({ suspicion }: Candidate, { now }: View): boolean {
  let flaps = false
  for (const clock of suspicion?.clocks ?? []) {
    if (clock.finding.reason !== FLAPPING) {
      if (isUnhealthy(clock, now)) return false
    } else if (isCutOff(clock)) flaps = true
  }
  return flaps
}

function isApproved({ repair, next }: Candidate, { calendar }: View): boolean {
  if (repair === undefined || next.rung === 'human') return false
  return approvalOf(repair, next.rung.rung, calendar).state === 'valid'
}

/** A new boot was proven, and what had been seen before was seen again in its soak. */
function rebootedInVain({ node }: Candidate, { repairs, calendar }: View, windowMs: Millis): string | undefined {
  for (const { name, spec, status, createdAt } of repairs.values()) {
    if (spec.nodeName !== node.name || calendar - createdAt >= windowMs) continue
    if (status?.attempts.some(({ rung, reason }) => isReboot(rung) && reason === 'SoakFailed')) return name
  }
  return undefined
}
