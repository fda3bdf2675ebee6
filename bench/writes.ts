import { config, leader, startReplica } from '../test/support/cluster/replica.ts'
import { startWorld } from '../test/support/cluster/world.ts'
import type { Result } from './report.ts'

const LADDER = [
  '{rung: start, deadline: 10s, verify: 3s, soak: 1s}',
  '{rung: reboot-soft, deadline: 10s, verify: 3s, soak: 1s}',
  '{rung: reboot-hard, deadline: 10s, verify: 3s, soak: 1s}',
  '{rung: replace, deadline: 20s, verify: 10s, soak: 1s, drain: 5s, approval: false}',
].join(', ')

/** Writes of one repair that climbs from its opening to the end of a replacement, counted by the API server. */
export async function benchWrites(progress: (text: string) => void): Promise<readonly Result[]> {
  const world = await startWorld()
  const writes: string[] = []
  let counting = false
  world.api.setFaults(({ method, path }) => {
    const about = /\/(nodes|noderepairs)(\/|$)/.exec(path)?.[1]
    if (counting && method !== 'GET' && about !== undefined) writes.push(about)
    return undefined
  })
  try {
    const replica = await startReplica(world, 'bench', config({ ladder: LADDER }))
    await leader(world, [replica])
    counting = true
    world.machines.break('w0', 'kubelet-broken')
    await world.until('the repair of w0 ends', 120_000, () => {
      const [repair] = world.repairsOf('w0')
      return (
        repair?.status?.phase === 'Succeeded' && repair.finalizers.length === 0 && world.node('w0').marks === undefined
      )
    })
    const [repair] = world.repairsOf('w0')
    const rungs = repair?.status?.attempts.map((attempt) => `${attempt.rung} ${attempt.state}`).join(', ') ?? ''
    progress(rungs)
    await replica.stop()
    const of = (kind: string): number => writes.filter((one) => one === kind).length
    return [
      {
        ...{ bench: 'writes', name: 'writes of a full ladder', value: writes.length, unit: '', goal: 20 },
        note: `NodeRepair ${of('noderepairs')}, Node ${of('nodes')}; ${rungs}`,
      },
    ]
  } finally {
    await world.close()
  }
}
