import type { NodeFacts } from '../../core/model/node.ts'
import type { Log } from '../../core/ports/log.ts'
import type { Engine } from './engine.ts'
import { CLUSTER_LABEL, machineOf } from './machine.ts'
import { Listed } from './schema.ts'

export interface OwnClusterOptions {
  readonly engine: Pick<Engine, 'read'>
  readonly log: Log
  /** As configured: nothing else is asked then. */
  readonly cluster: string | undefined
  /** The Node that heald runs on. */
  readonly ownNode: string | undefined
  /** All Nodes that heald sees. */
  readonly nodes: () => Iterable<NodeFacts>
}

/**
 * Whose containers heald may touch: the configured cluster's, else that of the container that heald runs on, else that
 * of more than half of the containers of all Nodes. One Node's own providerID is no answer: it may name anything.
 * Undefined: there is nothing to derive it from. It is derived once, and written into the log.
 */
export function createOwnCluster({
  engine,
  log,
  cluster,
  ownNode,
  nodes,
}: OwnClusterOptions): (signal: AbortSignal) => Promise<string | undefined> {
  let known = cluster
  return async (signal) => {
    if (known !== undefined) return known
    const clusters = await clustersByName(engine, signal)
    const own = ownNode === undefined ? undefined : clusters.get(ownNode)
    known = own ?? majority([...nodes()].flatMap((node) => clusters.get(machineOf(node)) ?? []))
    const from = own === undefined ? 'most Nodes' : 'the Node that heald runs on'
    if (known !== undefined) log.info({ cluster: known, from }, 'docker.cluster is not configured: derived')
    return known
  }
}

async function clustersByName(engine: Pick<Engine, 'read'>, signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
  const filters = encodeURIComponent(JSON.stringify({ label: [CLUSTER_LABEL] }))
  const listed = (await engine.read(`/containers/json?all=true&filters=${filters}`, Listed, signal)) ?? []
  const entries = listed.flatMap(({ Names, Labels }) => {
    const cluster = Labels?.[CLUSTER_LABEL]
    return cluster === undefined ? [] : (Names ?? []).map((name) => [name.replace(/^\//, ''), cluster] as const)
  })
  return new Map(entries)
}

function majority(votes: readonly string[]): string | undefined {
  const counts = new Map<string, number>()
  for (const vote of votes) counts.set(vote, (counts.get(vote) ?? 0) + 1)
  return [...counts].find(([, count]) => count > votes.length / 2)?.[0]
}
