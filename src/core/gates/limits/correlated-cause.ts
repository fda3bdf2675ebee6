import { formatDuration } from '../../../lib/pure/duration.ts'
import { approvalOf } from '../../annotations/approval.ts'
import { cloudAgrees } from '../../evidence/sources.ts'
import { isInError } from '../../model/instance.ts'
import type { NodeRepair } from '../../model/node-repair.ts'
import type { GateResult } from '../../model/view.ts'
import type { Candidate } from '../../round/candidate.ts'
import { commonFactor, inCommon } from '../../round/common-factor.ts'
import { beganToFail, type Canary } from '../../round/correlation.ts'
import { CANARY_REMEMBERED_MS, type FailedCanary } from '../../round/failed-canaries.ts'
import { type Gate, no, ok, oncePer, yes } from '../../round/gate.ts'
import { onlyParks, type Round, rungName, START_IS_SAFE, startsMachine } from '../../round/round.ts'
import { judgeCutOffs } from './cut-offs.ts'

const NAME = 'CorrelatedCause'
const OK = ok(NAME)

/**
 * Nodes that began to fail at about the same time: one is repaired first, and shows whether a repair helps at all. When it
 * did not, the others are left alone; and what destroys a machine must have helped one of them before.
 */
export const correlatedCause: Gate = {
  name: NAME,
  begin(round) {
    const { burst, policy } = round
    const cutOffAgainAndAgain = judgeCutOffs(round)
    const waiting = oncePer((canary: Canary) => waitFor(canary, round))
    const failed = oncePer((canary: FailedCanary) => didNotHelp(canary, round))
    return (subject) => {
      const { node, repair, failingSince, detail } = subject
      if (startsMachine(subject)) return detail ? yes(NAME, START_IS_SAFE) : OK
      // What the cloud says of this one machine is evidence that the others do not share.
      if (!cloudAgrees(subject.instance)) {
        const untried = (repair?.status?.attempts.length ?? 0) === 0
        const canary = failingSince === undefined || !untried ? undefined : burst.failedAround(failingSince, node.name)
        if (canary !== undefined) return failed(canary)
        if (repair !== undefined && isUnprovenReplacement(round, subject, repair)) return mustHaveHelped(round, repair)
      }
      const comesAndGoes = cutOffAgainAndAgain(subject)
      if (comesAndGoes !== undefined) return comesAndGoes
      const beside = besideMaster(subject, round)
      if (beside !== undefined) return beside
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

/** To destroy a machine that failed together with others, the same must have cured one of them, or a person must say so. */
function isUnprovenReplacement({ view, policy, burst }: Round, subject: Candidate, repair: NodeRepair): boolean {
  if (rungName(subject) !== 'replace') return false
  const since = beganToFail(repair, view)
  if (burst.countAround(since) < policy.correlated.minSuspects) return false
  return approvalOf(repair, 'replace', view.calendar).state !== 'valid' && !burst.curedAround(since, 'replace')
}

function mustHaveHelped(round: Round, repair: NodeRepair): GateResult {
  const { windowMs, minSuspects } = round.policy.correlated
  const together = round.burst.countAround(beganToFail(repair, round.view))
  const message = `${together} nodes began to fail within ${formatDuration(windowMs)} of each other, and replacing a machine has helped none of them: a person decides, by \`heald approve ${repair.name} replace --for 1h\``
  return no(NAME, { reason: 'CanaryFailed', message, have: { together }, need: { togetherAtMost: minSuspects - 1 } })
}

function didNotHelp(canary: FailedCanary, round: Round): GateResult {
  const factor = commonFactor(round, canary)
  const tried = canary.tried.length === 0 ? '' : ` (tried: ${canary.tried.join(', ')})`
  return no(NAME, {
    reason: 'CanaryFailed',
    message: `${canary.node} began to fail at the same time, and its repair ${canary.repair} has not helped${tried}${inCommon(factor)}; the same is not done to this node, for ${formatDuration(CANARY_REMEMBERED_MS)} at most`,
    have: { canary: canary.node, tried: [...canary.tried], common: factor ?? null },
    need: null,
  })
}

/**
 * A control-plane or etcd node whose fault came together with others' is most likely not at fault. It is left alone until the
 * others are well, unless the cloud says of this very machine that it is off or broken.
 */
function besideMaster(subject: Candidate, { burst }: Round): GateResult | undefined {
  const { node, instance } = subject
  const [group] = node.quorum
  if (group === undefined || onlyParks(subject) || isInError(instance)) return undefined
  const other = burst.companion(subject, () => true)
  if (other === undefined) return undefined
  return no(NAME, {
    reason: 'MasterNotAlone',
    message: `${other.node.name} began to fail in the same minutes as this ${group} node, and the cloud does not say that this machine is off or broken`,
    have: { beside: other.node.name },
    need: { beside: null },
  })
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
  const repair = canary.repair === undefined ? '' : ` (${canary.repair})`
  return no(NAME, {
    reason: 'WaitsForCanary',
    message: `${together} nodes began to fail within ${formatDuration(windowMs)} of each other${inCommon(factor)}; ${canary.node}${repair} is repaired first, and the next one when that has helped`,
    have: { together, canary: canary.node, common: factor ?? null },
    need: { togetherAtMost: minSuspects - 1 },
  })
}
