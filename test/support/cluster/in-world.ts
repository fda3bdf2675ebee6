import { config, leader, type Replica, startReplicas } from './replica.ts'
import { startWorld, type World } from './world.ts'

interface Teardown {
  teardown(handler: () => Promise<void>): void
}

export interface Setting {
  readonly world: World
  readonly replicas: readonly Replica[]
  /** Who led first. */
  readonly first: Replica
}

/** A world with replicas, one of which leads; all of it ends with the test. */
export async function inWorld(
  t: Teardown,
  options: {
    readonly replicas?: number
    readonly text?: string
    readonly workers?: number
    before?(world: World): void
    /** Default: it has taken over. */
    readonly waitFor?: 'leading'
  } = {},
): Promise<Setting> {
  const { workers = 3, replicas: count = 1, text, waitFor } = options
  const world = await startWorld(workers)
  await world.until('the nodes are there', 10_000, () => world.api.store.list('nodes').length === workers + 1)
  options.before?.(world)
  const replicas = await startReplicas(world, count, text, waitFor)
  t.teardown(async () => {
    await Promise.all(replicas.filter((one) => one.alive()).map((one) => one.stop()))
    await world.close()
  })
  return { world, replicas, first: await leader(world, replicas, waitFor) }
}

export const REPLACE_ONLY = config({
  ladder: '{rung: replace, deadline: 30s, verify: 30s, soak: 1s, drain: 0s, approval: false}',
})

/** The phase of the node's newest repair; undefined without one. */
export function phase(world: World, node: string): string | undefined {
  return world.repairsOf(node).at(-1)?.status?.phase
}

export function acts(world: World, node: string): readonly string[] {
  return world.cloud
    .acts()
    .filter((act) => act.name === node)
    .map(({ act }) => act)
}
