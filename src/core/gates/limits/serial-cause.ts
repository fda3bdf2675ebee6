import { formatDuration } from '../../../lib/pure/duration.ts'
import type { NodeRepair } from '../../model/node-repair.ts'
import type { GateResult } from '../../model/view.ts'
import type { Candidate } from '../../round/candidate.ts'
import { beganToFail } from '../../round/correlation.ts'
import { type Gate, no, ok, yes } from '../../round/gate.ts'
import type { Round } from '../../round/round.ts'
import { onlyParks, rungName, START_IS_SAFE, startsMachine } from '../../round/round.ts'
import { findSeries, type Member, SERIES_MS, SERIES_REMEMBERED_MS } from '../../round/series.ts'

const NAME = 'SerialCause'
const OK = ok(NAME)
/** So many in a row are chance; the next one is a pattern. */
const CHANCE = 2

/**
 * Nodes of a pool that need help one after the other: most likely somebody is at work on them. The third one's repair
 * opens, so that a person can approve it, and waits before its first act.
 */
export const serialCause: Gate = {
  name: NAME,
  begin(round) {
    const before = findSeries(round)
    return (subject) => {
      const { repair, detail } = subject
      if (startsMachine(subject)) return detail ? yes(NAME, START_IS_SAFE) : OK
      if (repair === undefined) return detail ? yes(NAME, 'it is asked when the repair is open') : OK
      if (onlyParks(subject) || (repair.status?.attempts.length ?? 0) > 0) {
        return detail ? yes(NAME, 'its repair has been let through already') : OK
      }
      const others = before(subject)
      if (others.length >= CHANCE) return oneAfterTheOther(round, subject, repair, others)
      if (!detail) return OK
      const message = `${others.length} other nodes of its pool needed help one after the other in the ${formatDuration(SERIES_MS)} before`
      return yes(NAME, message, { before: others.length }, { beforeAtMost: CHANCE - 1 })
    }
  },
}

function oneAfterTheOther(
  { view }: Round,
  subject: Candidate,
  repair: NodeRepair,
  others: readonly Member[],
): GateResult {
  const { nodeName, pool } = repair.spec
  const series = [...others, { node: nodeName, since: beganToFail(repair, view) }]
  const spacingMs = series.slice(1).map(({ since }, index) => since - (series[index]?.since ?? since))
  const order = series.slice(-4).map(({ node }) => node)
  const gaps = spacingMs.slice(-3).map((ms) => formatDuration(ms))
  return no(NAME, {
    reason: 'SerialCause',
    message: `${series.length} nodes of pool ${pool} needed help one after the other within ${formatDuration(SERIES_MS)}: ${order.join(', ')}, ${gaps.join(' and then ')} apart. Somebody may be at work on them: a person decides, by \`heald approve ${repair.name} ${rungName(subject)} --for 1h\`, within ${formatDuration(SERIES_REMEMBERED_MS)}`,
    have: { before: others.length, order, spacingMs: spacingMs.slice(-3) },
    need: { beforeAtMost: CHANCE - 1 },
  })
}
