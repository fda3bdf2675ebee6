import { isOptedOut } from '../../annotations/skip.ts'
import type { GateResult } from '../../model/view.ts'
import type { Candidate } from '../../round/candidate.ts'
import { inCommon } from '../../round/common-factor.ts'
import { type Gate, no, ok, oncePer, shareText, yes } from '../../round/gate.ts'
import type { Group } from '../../round/group-counts.ts'
import type { Round } from '../../round/round.ts'
import { onlyParks, START_IS_SAFE, startsMachine } from '../../round/round.ts'

const NAME = 'Breaker'
const OK = ok(NAME)

interface Share {
  readonly bad: number
  readonly of: number
}

/**
 * Too many bad nodes at once are no node problem. In a very small pool, or cluster, one bad node is many: its first repair
 * passes while it alone is bad.
 */
export const breaker: Gate = {
  name: NAME,
  begin(round) {
    const { policy, census, burst, factorOf } = round
    const { poolPercent, clusterPercent, smallPool } = policy.breaker
    const cluster = shareOf(census.cluster)
    const clusterOpen = cluster.bad > 1 && exceeds(cluster, clusterPercent)
    let counted: readonly Candidate[] | undefined
    let byPool: ReadonlyMap<Group, readonly Candidate[]> | undefined
    const factorAmong = oncePer((group: Group) => {
      counted ??= whoCounts(round)
      if (group === census.cluster) return factorOf(counted, undefined)
      byPool ??= groupByPool(counted)
      return factorOf(byPool.get(group) ?? [], group)
    })
    const open = oncePer((pool: Group) => {
      const share = shareOf(pool)
      // In a very small pool one bad node says little: what counts there is the cluster.
      const ofPool = exceeds(share, poolPercent) && !(clusterOpen && pool.size <= smallPool)
      const [what, { bad, of }, percent] = ofPool
        ? ([`pool ${pool.name}`, share, poolPercent] as const)
        : (['the cluster', cluster, clusterPercent] as const)
      const factor = factorAmong(ofPool ? pool : census.cluster)
      return no(NAME, {
        reason: ofPool ? 'BreakerOpen' : 'ClusterBreakerOpen',
        message: `${bad} of ${of} nodes (${shareText(bad, of)}) of ${what} are bad; above ${percent} % the cause is taken to be larger than a node, and nothing in ${what} is repaired${inCommon(factor)}`,
        have: { bad, of, common: factor ?? null },
        need: { percentAtMost: percent },
      })
    })
    return (subject) => {
      const { pool, detail } = subject
      const share = shareOf(pool)
      const poolOpen = exceeds(share, poolPercent)
      if ((clusterOpen || poolOpen) && !onlyParks(subject) && !startsMachine(subject)) {
        if (clusterOpen || !isFirstOfSmall(subject, smallPool)) return open(pool)
        const other = burst.companion(subject, ({ node }) => node.pool !== pool.name && !isOptedOut(node, policy))
        if (other !== undefined) return notAlone(subject, other, smallPool)
      }
      if (!detail) return OK
      const first = !(clusterOpen || poolOpen)
        ? ''
        : startsMachine(subject)
          ? `; ${START_IS_SAFE}`
          : `; in a pool of at most ${smallPool} one bad node passes alone`
      const ofPool = `${share.bad} of ${share.of} nodes (${shareText(share.bad, share.of)}, limit ${poolPercent} %) of pool ${pool.name}`
      const ofAll = `${cluster.bad} of ${cluster.of} (${shareText(cluster.bad, cluster.of)}, limit ${clusterPercent} %) of the cluster`
      const message = `${ofPool} and ${ofAll} are bad${first}`
      return yes(
        NAME,
        message,
        { pool: { ...share }, cluster: { ...cluster } },
        { poolPercentAtMost: poolPercent, clusterPercentAtMost: clusterPercent },
      )
    }
  },
}

function whoCounts({ peers, census }: Round): readonly Candidate[] {
  return census.optedOut.size === 0 ? peers : peers.filter(({ node }) => !census.optedOut.has(node.name))
}

/** Found once for all pools that are open. */
function groupByPool(counted: readonly Candidate[]): ReadonlyMap<Group, readonly Candidate[]> {
  const pools = new Map<Group, Candidate[]>()
  for (const subject of counted) {
    const ofPool = pools.get(subject.pool)
    if (ofPool === undefined) pools.set(subject.pool, [subject])
    else ofPool.push(subject)
  }
  return pools
}

function shareOf({ bad, optedOutBad, size, optedOut }: Group): Share {
  return { bad: bad - optedOutBad, of: size - optedOut }
}

function exceeds({ bad, of }: Share, percent: number): boolean {
  return bad * 100 > percent * of
}

/** Parked repairs count: what a person must look at has shown that repairs do not help here. */
function isFirstOfSmall({ pool, repair }: Candidate, smallPool: number): boolean {
  return pool.size <= smallPool && shareOf(pool).bad <= 1 && pool.open - (repair === undefined ? 0 : 1) === 0
}

function notAlone({ pool }: Candidate, { node }: Candidate, smallPool: number): GateResult {
  return no(NAME, {
    reason: 'SmallPoolNotAlone',
    message: `in a pool of at most ${smallPool} one bad node passes alone, but ${node.name} of pool ${node.pool} began to fail in the same minutes`,
    have: { bad: shareOf(pool).bad, of: shareOf(pool).of, beside: node.name },
    need: { badInOtherPools: 0 },
  })
}
