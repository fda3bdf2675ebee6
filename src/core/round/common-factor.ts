import type { NodeFacts } from '../model/node.ts'
import type { Candidate } from './candidate.ts'
import type { Canary } from './correlation.ts'

import type { Group } from './group-counts.ts'
import type { Round } from './round.ts'

const FACTORS: readonly { readonly what: string; readonly of: (node: NodeFacts) => string | undefined }[] = [
  { what: 'zone', of: ({ zone }) => zone },
  { what: 'image', of: ({ osImage }) => osImage },
  { what: 'kernel', of: ({ kernelVersion }) => kernelVersion },
  { what: 'kubelet', of: ({ kubeletVersion }) => kubeletVersion },
]

/**
 * What the nodes that failed together share and less than half of the first one's pool has: the likeliest cause to look
 * at. What half of the pool has in common explains nothing.
 */
export function commonFactor(round: Round, canary: Pick<Canary, 'node' | 'since'>): string | undefined {
  const { view, burst, census } = round
  const members = round.peers.filter(
    ({ node, failingSince }) =>
      node.name === canary.node || (failingSince !== undefined && burst.together(failingSince, canary.since)),
  )
  const pool = view.nodes.get(canary.node)?.pool
  return pool === undefined ? undefined : createFactors(round)(members, census.pools.get(pool))
}

/**
 * What all of these share and less than half of those around them has, such as one kernel. Undefined: nothing, or they
 * are no two. `pool` undefined: around them is the whole cluster; `known`: what has been said of them already.
 */
export type FactorOf = (members: readonly Candidate[], pool: Group | undefined, known?: string) => string | undefined

/** For all pools and zones of a round: what is compared with is counted once. */
export function createFactors(round: Pick<Round, 'view' | 'peers'>): FactorOf {
  let reasons: ReturnType<typeof countReasons> | undefined
  let all: readonly NodeFacts[] | undefined
  const everybody = (): readonly NodeFacts[] => {
    all ??= [...round.view.nodes.values()]
    return all
  }
  return (members, pool, known) => {
    const first = members[0]
    if (first === undefined || members.length < 2) return undefined
    const around = pool?.nodes.length ?? round.view.nodes.size
    const rare = (count: number): boolean => count * 2 < around
    // What they share, at least they themselves have: when most of a fleet fails, nothing needs to be compared.
    let inside = 0
    for (const { present, pool: own } of members) if (present && (pool ?? own) === own) inside += 1
    if (!rare(inside)) return undefined
    const shared: string[] = []
    for (const { what, of } of FACTORS) {
      const value = of(first.node)
      if (what === known || value === undefined || !members.every(({ node }) => of(node) === value)) continue
      const bearers = (pool?.nodes ?? everybody()).filter((node) => of(node) === value)
      if (rare(bearers.length)) shared.push(`${what} ${value}`)
    }
    const reason = failingReason(first)
    if (reason !== undefined) {
      reasons ??= countReasons(round)
      const failing = reasons.get(pool)?.get(reason) ?? 0
      if (rare(failing) && members.every((member) => failingReason(member) === reason)) shared.push(`reason ${reason}`)
    }
    return shared.length === 0 ? undefined : shared.join(', ')
  }
}

/** How many nodes fail for which reason: by pool, and under `undefined` in the whole cluster. */
function countReasons({ peers }: Pick<Round, 'peers'>): ReadonlyMap<Group | undefined, ReadonlyMap<string, number>> {
  const groups = new Map<Group | undefined, Map<string, number>>()
  for (const subject of peers) {
    const reason = failingReason(subject)
    if (reason === undefined) continue
    for (const group of [undefined, subject.pool]) {
      const counts = groups.get(group) ?? new Map<string, number>()
      groups.set(group, counts.set(reason, (counts.get(reason) ?? 0) + 1))
    }
  }
  return groups
}

/** For the end of a sentence about many. */
export function inCommon(factor: string | undefined): string {
  return factor === undefined ? '' : `; they have in common: ${factor}`
}

function failingReason({ suspicion }: Candidate): string | undefined {
  return suspicion?.clocks.find(({ finding }) => finding.status === 'fail')?.finding.reason
}
