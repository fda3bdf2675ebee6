import type { Millis } from '../../../src/core/model/primitives.ts'
import { REALISTIC } from '../../../src/simulator/cluster/machine.ts'
import { leader, type Replica, startReplica } from './replica.ts'
import { startWorld, type World } from './world.ts'

const INTERVAL_MS: Millis = 5_000
const DEFAULTS =
  'cloudProvider: none\nhealthcheck: {master: [{type: NodeCondition}], worker: [{type: NodeCondition}]}\n'

/** Three replicas with their real intervals beside a hundred well nodes, one minute after one of them has taken over. */
export async function startQuietCluster(): Promise<{ readonly world: World; readonly replicas: readonly Replica[] }> {
  const world = await startWorld(97, { masters: 3, timings: { ...REALISTIC, tickMs: INTERVAL_MS } })
  const replicas: Replica[] = []
  for (const name of ['r0', 'r1', 'r2']) replicas.push(await startReplica(world, name, DEFAULTS, INTERVAL_MS))
  await leader(world, replicas)
  await world.clock.sleep(60_000, world.signal)
  return { world, replicas }
}
