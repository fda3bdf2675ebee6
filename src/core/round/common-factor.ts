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
  return pool === undefined ? undefined : factorOf(round, members, census.pools.get(pool))
}

/**
 * What all of these share and less than half of those around them has, such as one kernel. Undefined: nothing, or they
 * are no two.
 */
export function factorOf(
  round: Pick<Round, 'view' | 'peers'>,
  members: readonly Candidate[],
  /** Undefined: the whole cluster. */
  pool: Group | undefined,
  /** What has been said of them already. */
  known?: string,
): string | undefined {
  const first = members[0]
  if (first === undefined || members.length < 2) return undefined
  const neighbours = pool?.nodes ?? [...round.view.nodes.values()]
  const rare = (count: number): boolean => count * 2 < neighbours.length
  const shared: string[] = []
  for (const { what, of } of FACTORS) {
    const value = of(first.node)
    if (what === known || value === undefined || !members.every(({ node }) => of(node) === value)) continue
    if (rare(neighbours.filter((node) => of(node) === value).length)) shared.push(`${what} ${value}`)
  }
  const reason = failingReason(first)
  if (reason !== undefined && members.every((member) => failingReason(member) === reason)) {
    const failing = round.peers.filter(
      (subject) => (pool ?? subject.pool) === subject.pool && failingReason(subject) === reason,
    )
    if (rare(failing.length)) shared.push(`reason ${reason}`)
  }
  return shared.length === 0 ? undefined : shared.join(', ')
}

/** For the end of a sentence about many. */
export function inCommon(factor: string | undefined): string {
  return factor === undefined ? '' : `; they have in common: ${factor}`
}

function failingReason({ suspicion }: Candidate): string | undefined {
  return suspicion?.clocks.find(({ finding }) => finding.status === 'fail')?.finding.reason
}
