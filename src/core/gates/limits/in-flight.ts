import type { HoldReason } from '../../model/reasons.ts'
import type { GateResult } from '../../model/view.ts'
import type { Candidate } from '../../round/candidate.ts'
import { type Gate, no, ok, oncePer, plural, yes } from '../../round/gate.ts'
import type { Group } from '../../round/group-counts.ts'
import type { Round } from '../../round/round.ts'

const NAME = 'InFlight'
const OK = ok(NAME)
/** The next look follows at once; the loop itself keeps to one a second. */
const SOON_MS = 1_000

/** How many may be in repair at once. An open repair has its slot; when a limit was lowered, the oldest keep theirs. */
export const inFlight: Gate = {
  name: NAME,
  begin(round) {
    const { policy, census } = round
    const limitOf = oncePer((pool: Group) => poolLimit(round, pool))
    const poolFull = oncePer((pool: Group) =>
      full(`of pool ${pool.name}`, 'PoolInRepair', pool.inRepair, limitOf(pool)),
    )
    const mastersFull = full(
      'of the control plane',
      'ControlPlaneInRepair',
      census.masters.inRepair,
      policy.inFlight.masters,
    )
    return ({ repair, node, pool, detail }) => {
      const rank = repair === undefined ? undefined : census.ranks.get(repair.name)
      const amongMasters = rank?.amongMasters ?? census.masters.inRepair
      if (node.role === 'master' && amongMasters >= policy.inFlight.masters) return mastersFull
      const inPool = rank?.inPool ?? pool.inRepair
      if (inPool >= limitOf(pool)) return poolFull(pool)
      if (!detail) return OK
      const message = `${plural(inPool, 'other node')} of pool ${pool.name} in repair; ${limitOf(pool)} at once are allowed`
      return yes(NAME, message, { inRepair: inPool }, { lessThan: limitOf(pool) })
    }
  },
}

export function poolLimit({ policy }: Pick<Round, 'policy'>, { size }: Pick<Group, 'size'>): number {
  const { percent, min } = policy.inFlight.pool
  return Math.max(min, Math.floor((size * percent) / 100))
}

/**
 * One new repair per look: the next look sees it and counts again. Choosing several at once by shared limits could let two
 * go where holding a third one back freed their places, and a hold must never make more happen.
 */
export function oneAtATime({ view }: Round, first: Candidate): GateResult {
  return no(NAME, {
    reason: 'OneAtATime',
    message: `${first.node.name} comes first (control plane first, then whoever fails longest); this node is looked at again right after`,
    have: { first: first.node.name },
    changesAt: view.now + SOON_MS,
  })
}

function full(what: string, reason: HoldReason, inRepair: number, limit: number): GateResult {
  const message = `${plural(inRepair, 'node')} ${what} in repair already; ${limit} at once ${limit === 1 ? 'is' : 'are'} allowed`
  return no(NAME, { reason, message, have: { inRepair }, need: { lessThan: limit } })
}
