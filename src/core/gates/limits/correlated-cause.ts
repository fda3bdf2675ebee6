import { formatDuration } from '../../../lib/pure/duration.ts'
import type { GateResult } from '../../model/view.ts'
import type { Candidate } from '../../round/candidate.ts'
import { commonFactor } from '../../round/common-factor.ts'
import type { Canary } from '../../round/correlation.ts'
import { type Gate, no, ok, oncePer, yes } from '../../round/gate.ts'
import type { Round } from '../../round/round.ts'

const NAME = 'CorrelatedCause'
const OK = ok(NAME)

/** Nodes that began to fail at about the same time: one is repaired first, and shows whether a repair helps at all. */
export const correlatedCause: Gate = {
  name: NAME,
  begin(round) {
    const { burst, policy } = round
    const waiting = oncePer((canary: Canary) => waitFor(canary, round))
    return ({ repair, failingSince, detail }) => {
      if (repair !== undefined || failingSince === undefined) {
        return detail
          ? yes(NAME, repair === undefined ? 'nothing fails' : 'its repair has been let through already')
          : OK
      }
      const canary = burst.canaryAround(failingSince)
      const { minSuspects } = policy.correlated
      if (canary !== undefined && (minSuspects <= 2 || burst.countAround(failingSince) >= minSuspects)) {
        return waiting(canary)
      }
      if (!detail) return OK
      const count = burst.countAround(failingSince)
      const message =
        count < minSuspects
          ? 'no other node began to fail at about the same time'
          : `${count} nodes began to fail together; none of them is in repair yet`
      return yes(NAME, message, { together: count }, { togetherAtMost: minSuspects - 1 })
    }
  },
}

/** Of the nodes that could be repaired now, `first` goes first: what those are told that share its fate, all in the same words. */
export function behindFirst(round: Round, first: Candidate): (other: Candidate) => GateResult | undefined {
  const { burst, policy } = round
  const since = first.failingSince
  let waits: GateResult | undefined
  return ({ failingSince }) => {
    if (since === undefined || failingSince === undefined || !burst.together(since, failingSince)) return undefined
    if (burst.countAround(failingSince) < policy.correlated.minSuspects) return undefined
    waits ??= waitFor({ node: first.node.name, repair: undefined, since }, round)
    return waits
  }
}

function waitFor(canary: Canary, round: Round): GateResult {
  const { windowMs, minSuspects } = round.policy.correlated
  const together = round.burst.countAround(canary.since)
  const factor = commonFactor(round, canary)
  const common = factor === undefined ? '' : `; they have in common: ${factor}`
  const repair = canary.repair === undefined ? '' : ` (${canary.repair})`
  return no(NAME, {
    reason: 'WaitsForCanary',
    message: `${together} nodes began to fail within ${formatDuration(windowMs)} of each other${common}; ${canary.node}${repair} is repaired first, and the next one when that has helped`,
    have: { together, canary: canary.node, common: factor ?? null },
    need: { togetherAtMost: minSuspects - 1 },
  })
}
