import { formatDuration } from '../../../lib/pure/duration.ts'
import { isFailing } from '../../evidence/clocks.ts'
import { judgeDisruption } from '../../evidence/full-disruption.ts'
import type { GateResult } from '../../model/view.ts'
import type { Candidate } from '../../round/candidate.ts'
import { type Gate, no, ok, yes } from '../../round/gate.ts'
import type { Round } from '../../round/round.ts'

const NAME = 'OwnSight'
const OK = ok(NAME)

/** A blind observer has no opinion: whatever we failed to see lately is no evidence against a node. */
export const ownSight: Gate = {
  name: NAME,
  begin(round) {
    const everywhere = blindness(round)
    return (subject) => everywhere ?? staleClock(round, subject) ?? (subject.detail ? seeing(round) : OK)
  },
}

/** Why nobody is judged now, if heald itself does not see. */
export function blindness({ view, policy }: Pick<Round, 'view' | 'policy'>): GateResult | undefined {
  const { now, sight } = view
  const { blindMs, skewMs } = policy.ownSight
  if (sight.stoodStill !== undefined) {
    const { until, lostMs } = sight.stoodStill
    const message = `heald's own process stood still for ${formatDuration(lostMs)} until ${formatDuration(now - until)} ago; it judges nobody until it has looked at everything again`
    return no(NAME, { reason: 'StoodStill', message, have: { stoodStillMs: lostMs }, need: { stoodStillMs: 0 } })
  }
  if (sight.blindSince !== undefined && now - sight.blindSince > blindMs) {
    const blindFor = now - sight.blindSince
    const message = `heald itself has not seen ${sight.blindSource ?? 'its sources'} for ${formatDuration(blindFor)}; it judges nobody until it sees again`
    return no(NAME, { reason: 'Blind', message, have: { blindForMs: blindFor }, need: { atMostMs: blindMs } })
  }
  if (sight.cloud !== undefined && now - sight.cloud.downSince > blindMs) {
    const downFor = now - sight.cloud.downSince
    const message = `the cloud has not answered for ${formatDuration(downFor)}: ${sight.cloud.message}`
    return no(NAME, {
      reason: sight.cloud.reason,
      message,
      have: { downForMs: downFor },
      need: { atMostMs: blindMs },
    })
  }
  if (!(Math.abs(sight.skewMs) <= skewMs)) {
    const message = `the clock of heald's machine is ${formatDuration(Math.abs(sight.skewMs))} ${sight.skewMs > 0 ? 'ahead of' : 'behind'} the API server's; ${formatDuration(skewMs)} is the most allowed`
    return no(NAME, { reason: 'ClockSkew', message, have: { skewMs: sight.skewMs }, need: { atMostMs: skewMs } })
  }
  if (sight.repairsBehind) {
    const message = "heald's copy of the NodeRepairs is older than its own last write; no repair opens on it"
    return no(NAME, { reason: 'RepairsBehind', message, have: false, need: true })
  }
  const silence = judgeDisruption(sight.leases, policy, now)
  if (!silence.blamed) return undefined
  const { total, staleTogether } = sight.leases
  const message = `${staleTogether} of ${total} nodes fell silent within ${formatDuration(policy.ownSight.massWindowMs)}: the network or heald is blamed, not the nodes`
  return no(NAME, {
    reason: 'MassSilence',
    message,
    have: { staleTogether, total },
    need: { lessThanPercent: policy.ownSight.massPercent },
    changesAt: silence.givesWayAt,
  })
}

/** A clock that ran through a gap in our sight counts from the gap's end, even if nobody restarted it. */
function staleClock({ view }: Round, { suspicion, failingSince }: Candidate): GateResult | undefined {
  const { seeingSince } = view.sight
  if (suspicion === undefined || failingSince === undefined || failingSince >= seeingSince) return undefined
  let countsAt = Number.POSITIVE_INFINITY
  for (const clock of suspicion.clocks) {
    if (!isFailing(clock, view.now)) continue
    const since = Math.max(clock.failingSince ?? seeingSince, seeingSince)
    countsAt = Math.min(countsAt, since + clock.check.unhealthyDurationMs)
  }
  if (view.now >= countsAt) return undefined
  const message = `heald sees again since ${formatDuration(view.now - seeingSince)}; the node must fail for its whole duration from then on`
  return no(NAME, {
    reason: 'SightRegained',
    message,
    have: { seeingForMs: view.now - seeingSince },
    need: { seeingForMs: countsAt - seeingSince },
    changesAt: countsAt,
  })
}

function seeing({ view, policy }: Round): GateResult {
  const { leases, skewMs } = view.sight
  const message = `heald sees: ${leases.staleTogether} of ${leases.total} leases went stale together, clocks differ by ${formatDuration(Math.abs(skewMs))}`
  const { massPercent, skewMs: most } = policy.ownSight
  return yes(
    NAME,
    message,
    { staleTogether: leases.staleTogether, total: leases.total, skewMs },
    { lessThanPercent: massPercent, skewAtMostMs: most },
  )
}
