import type { NodeFacts } from '../model/node.ts'
import type { View } from '../model/view.ts'
import type { Candidate } from './candidate.ts'
import type { Canary, Correlation } from './correlation.ts'
import type { Group, GroupCounts } from './group-counts.ts'

interface Factor {
  readonly what: string
  readonly of: (node: NodeFacts) => string | undefined
}

const FACTORS: readonly Factor[] = [
  { what: 'zone', of: ({ zone }) => zone },
  { what: 'image', of: ({ osImage }) => osImage },
  { what: 'kernel', of: ({ kernelVersion }) => kernelVersion },
  { what: 'kubelet', of: ({ kubeletVersion }) => kubeletVersion },
]

/**
 * What the nodes that failed together share and less than half of the first one's pool has: the likeliest cause to look
 * at. What half of the pool has in common explains nothing.
 */
export function commonFactor(round: Compared, canary: Pick<Canary, 'node' | 'since'>): string | undefined {
  const { view, burst, census, peers, factorOf } = round
  const members = peers.filter(
    ({ node, failingSince }) =>
      node.name === canary.node || (failingSince !== undefined && burst.together(failingSince, canary.since)),
  )
  const pool = view.nodes.get(canary.node)?.pool
  return pool === undefined ? undefined : factorOf(members, census.pools.get(pool))
}

/** Of a round. */
interface Compared {
  readonly view: View
  readonly burst: Correlation
  readonly census: GroupCounts
  readonly peers: readonly Candidate[]
  readonly factorOf: FactorOf
}

/**
 * What all of these share and less than half of those around them has, such as one kernel. Undefined: nothing, or they
 * are no two. `pool` undefined: around them is the whole cluster; `known`: what has been said of them already.
 */
export type FactorOf = (members: readonly Candidate[], pool: Group | undefined, known?: string) => string | undefined

/** For all gates of a round, and all its pools and zones: what is compared with is counted once, when somebody asks. */
export function createFactors({ nodes }: Pick<View, 'nodes'>, peers: readonly Candidate[]): FactorOf {
  let reasons: ReturnType<typeof countReasons> | undefined
  let all: readonly NodeFacts[] | undefined
  const common = new Map<Factor, Map<Group | undefined, Map<string, boolean>>>()
  const isCommon = (factor: Factor, pool: Group | undefined, value: string): boolean => {
    const ofFactor = common.get(factor) ?? new Map<Group | undefined, Map<string, boolean>>()
    const ofPool = ofFactor.get(pool) ?? new Map<string, boolean>()
    const known = ofPool.get(value)
    if (known !== undefined) return known
    all ??= pool === undefined ? [...nodes.values()] : undefined
    const has = hasHalf(pool?.nodes ?? all ?? [], factor, value)
    common.set(factor, ofFactor.set(pool, ofPool.set(value, has)))
    return has
  }
  return (members, pool, known) => {
    const first = members[0]
    if (first === undefined || members.length < 2) return undefined
    const around = pool?.nodes.length ?? nodes.size
    const rare = (count: number): boolean => count * 2 < around
    // What they share, at least they themselves have: when most of a fleet fails, nothing needs to be compared.
    if (!rare(countPresent(members, pool))) return undefined
    const shared: string[] = []
    for (const factor of FACTORS) {
      const { what, of } = factor
      const value = of(first.node)
      if (what === known || value === undefined || isCommon(factor, pool, value)) continue
      if (members.every(({ node }) => of(node) === value)) shared.push(`${what} ${value}`)
    }
    const reason = failingReason(first)
    if (reason !== undefined) {
      reasons ??= countReasons(peers)
      const failing = reasons.get(pool)?.get(reason) ?? 0
      if (rare(failing) && members.every((member) => failingReason(member) === reason)) shared.push(`reason ${reason}`)
    }
    return shared.length === 0 ? undefined : shared.join(', ')
  }
}

function countPresent(members: readonly Candidate[], pool: Group | undefined): number {
  let count = 0
  members.forEach((one) => {
    if (one.present && (pool === undefined || one.pool === pool)) count += 1
  })
  return count
}

/** Has half of these the value? Where all have, half of them are looked at. */
function hasHalf(nodes: readonly NodeFacts[], { of }: Factor, value: string): boolean {
  let count = 0
  for (const node of nodes) {
    if (of(node) === value) count += 1
    if (count * 2 >= nodes.length) return true
  }
  return false
}

/** How many nodes fail for which reason: by pool, and under `undefined` in the whole cluster. */
function countReasons(peers: readonly Candidate[]): ReadonlyMap<Group | undefined, ReadonlyMap<string, number>> {
  const groups = new Map<Group | undefined, Map<string, number>>()
  const count = (group: Group | undefined, reason: string): void => {
    const counts = groups.get(group)
    if (counts === undefined) groups.set(group, new Map([[reason, 1]]))
    else counts.set(reason, (counts.get(reason) ?? 0) + 1)
  }
  for (const subject of peers) {
    const reason = failingReason(subject)
    if (reason === undefined) continue
    count(undefined, reason)
    count(subject.pool, reason)
  }
  return groups
}

/** For the end of a sentence about many. */
export function inCommon(factor: string | undefined): string {
  return factor === undefined ? '' : `; they have in common: ${factor}`
}

function failingReason({ suspicion }: Candidate): string | undefined {
  if (suspicion === undefined) return undefined
  for (const { finding } of suspicion.clocks) if (finding.status === 'fail') return finding.reason
  return undefined
}
