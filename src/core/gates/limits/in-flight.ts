import type { NodeFacts } from '../../model/node.ts'
import { lastAttempt, type NodeRepair, phaseOf } from '../../model/node-repair.ts'
import type { HoldReason } from '../../model/reasons.ts'
import type { GateResult, View } from '../../model/view.ts'
import { poolOf, quorumOf } from '../../repair/repair-node.ts'
import type { Candidate } from '../../round/candidate.ts'
import { type Gate, no, ok, oncePer, plural, yes } from '../../round/gate.ts'
import type { Group } from '../../round/group-counts.ts'
import { type Round, startsMachine } from '../../round/round.ts'
import { countSlots } from './slots.ts'

const NAME = 'InFlight'
const OK = ok(NAME)
/** The next look follows at once; the loop itself keeps to one a second. */
const SOON_MS = 1_000

/**
 * How many may be in repair at once. An open repair has its slot; when a limit was lowered, the oldest keep theirs.
 * A machine that is off needs no slot to be started: the next one of its pool follows when the last is Ready or given up.
 */
export const inFlight: Gate = {
  name: NAME,
  begin(round) {
    const { policy } = round
    const slots = countSlots(round)
    const limitOf = oncePer((pool: Group) => poolLimit(round, pool))
    const poolFull = oncePer((pool: Group) =>
      full(`of pool ${pool.name}`, 'PoolInRepair', slots.inPool(pool.name), limitOf(pool)),
    )
    const keepers = round.census.quorum.etcd.size > 0 ? 'of the control plane and etcd' : 'of the control plane'
    const mastersFull = full(keepers, 'ControlPlaneInRepair', slots.masters, policy.inFlight.masters)
    const starting = round.open.filter(isStarting)
    return (subject) => {
      const { repair, node, pool, detail } = subject
      if (startsMachine(subject)) {
        const other = starting.find((one) => one !== repair && goesBefore(startable(one, round.view), node))
        if (other !== undefined) return afterStart(other.spec.nodeName)
        return detail ? yes(NAME, 'no other machine of its pool or of the control plane is being started') : OK
      }
      const rank = repair === undefined ? undefined : slots.rankOf(repair)
      const amongMasters = rank?.amongMasters ?? slots.masters
      if (node.quorum.length > 0 && amongMasters >= policy.inFlight.masters) return mastersFull
      const inPool = rank?.inPool ?? slots.inPool(pool.name)
      if (inPool >= limitOf(pool)) return poolFull(pool)
      if (!detail) return OK
      const message = `${plural(inPool, 'other node')} of pool ${pool.name} in repair; ${limitOf(pool)} at once are allowed`
      return yes(NAME, message, { inRepair: inPool }, { lessThan: limitOf(pool) })
    }
  },
}

function isStarting(repair: NodeRepair): boolean {
  const phase = phaseOf(repair)
  return lastAttempt(repair)?.rung === 'start' && (phase === 'Acting' || phase === 'Verifying')
}

type Startable = Pick<NodeFacts, 'quorum' | 'pool'>

function startable(repair: NodeRepair, view: View): Startable {
  return { quorum: quorumOf(repair, view), pool: poolOf(repair, view) }
}

/** One machine of a pool is started at a time, and none while one of the control plane or of etcd is. */
export function goesBefore(first: Startable, other: Startable): boolean {
  return first.quorum.length > 0 || first.pool === other.pool
}

export function afterStart(first: string): GateResult {
  return no(NAME, {
    reason: 'AnotherStarts',
    message: `${first} is started first; machines that are off are started one at a time in a pool, those of the control plane before all others`,
    have: { starting: first },
    need: { starting: null },
  })
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
