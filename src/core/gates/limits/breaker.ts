import type { Candidate } from '../../round/candidate.ts'
import { type Gate, no, ok, oncePer, shareText, yes } from '../../round/gate.ts'
import type { Group } from '../../round/group-counts.ts'
import { onlyParks } from '../../round/round.ts'

const NAME = 'Breaker'
const OK = ok(NAME)

interface Share {
  readonly bad: number
  readonly of: number
}

/** Too many bad nodes at once are no node problem. In a very small pool one bad node is many, so its first repair passes. */
export const breaker: Gate = {
  name: NAME,
  begin({ policy, census }) {
    const { poolPercent, clusterPercent, smallPool } = policy.breaker
    const cluster = shareOf(census.cluster)
    const clusterOpen = exceeds(cluster, clusterPercent)
    const open = oncePer((pool: Group) => {
      const share = shareOf(pool)
      const byPool = exceeds(share, poolPercent)
      const [what, { bad, of }, percent] = byPool
        ? ([`pool ${pool.name}`, share, poolPercent] as const)
        : (['the cluster', cluster, clusterPercent] as const)
      return no(NAME, {
        reason: byPool ? 'BreakerOpen' : 'ClusterBreakerOpen',
        message: `${bad} of ${of} nodes (${shareText(bad, of)}) of ${what} are bad; above ${percent} % the cause is taken to be larger than a node, and nothing in ${what} is repaired`,
        have: { bad, of },
        need: { percentAtMost: percent },
      })
    })
    return (subject) => {
      const { pool, detail } = subject
      const share = shareOf(pool)
      const isOpen = clusterOpen || exceeds(share, poolPercent)
      if (isOpen && !isFirstOfSmall(subject, smallPool) && !onlyParks(subject)) return open(pool)
      if (!detail) return OK
      const first = isOpen ? `; the first repair in a pool of at most ${smallPool} passes` : ''
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

function shareOf({ bad, optedOutBad, size, optedOut }: Group): Share {
  return { bad: bad - optedOutBad, of: size - optedOut }
}

function exceeds({ bad, of }: Share, percent: number): boolean {
  return bad * 100 > percent * of
}

/** Parked repairs count: what a person must look at has shown that repairs do not help here. */
function isFirstOfSmall({ pool, repair }: Candidate, smallPool: number): boolean {
  return pool.size <= smallPool && pool.open - (repair === undefined ? 0 : 1) === 0
}
