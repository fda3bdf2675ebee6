import type { NodeFacts } from '../src/core/model/node.ts'
import { CALENDAR, DAY, node, policy, repair, rung } from '../test/support/pure/view.ts'
import { allocatedBytes, calibrationLoop, milliseconds, quantile } from './measure.ts'
import type { Row } from './report.ts'
import { type RoundCluster, startRoundLeader } from './round-leader.ts'

const NODES = 15_000
const PER_POOL = 1_500
const MASTERS = 5
/** Suspects fall silent one after the other within this time: half of them are due, and it is no mass silence. */
const SPREAD_MS = 600_000
const SPREAD_STEPS = 100
/** Finished repairs are kept for 7 days. */
const HISTORY = 500
const WARM_UP = 20
const ROUNDS = 80
const PROFILED = 10

/**
 * A whole round of the leader: the picture, the view, `decide`, `advance` for every repair, what is published. Between
 * two rounds a second passes in which the observer goes on asking about suspects, which is not measured.
 */
export async function benchRound(progress: (text: string) => void): Promise<readonly Row[]> {
  return [...(await measure('1 % suspects', 100, progress)), ...(await measure('all suspects', 1, progress))]
}

async function measure(what: string, oneIn: number, progress: (text: string) => void): Promise<readonly Row[]> {
  const nodes = Array.from({ length: NODES }, (_, index) => bigNode(index))
  const suspects = nodes.filter((_, index) => index >= MASTERS && index % oneIn === oneIn - 1)
  const leader = await startRoundLeader(clusterOf(nodes, suspects))
  progress(`round: ${suspects.length} nodes fall silent`)
  for (let at = 0; at < SPREAD_STEPS; at++) {
    const names = suspects.filter((_, index) => index % SPREAD_STEPS === at).map(({ name }) => name)
    await leader.breakNodes(names, SPREAD_MS / SPREAD_STEPS)
  }
  await leader.lookedAtAll(suspects.length)
  progress('round: rounds')
  for (let round = 0; round < WARM_UP; round++) await leader.round(milliseconds)
  const times: number[] = []
  const loops: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    times.push(await leader.round(milliseconds))
    loops.push(calibrationLoop())
  }
  let bytes = 0
  for (let round = 0; round < PROFILED; round++) bytes += await leader.round(allocatedBytes)
  await leader.stop()
  const [p50, p99, loop] = [quantile(times, 0.5), quantile(times, 0.99), quantile(loops, 0.5)]
  const row = { bench: 'round', name: `a whole round, 15,000 nodes, ${what}` }
  return [
    { ...row, value: p99, unit: 'ms p99', goal: 250, note: `p50 ${p50.toFixed(2)} ms` },
    { ...row, value: p50 / loop, unit: 'loops p50', note: `one calibration loop: p50 ${loop.toFixed(2)} ms` },
    { ...row, value: bytes / PROFILED / 1e6, unit: 'MB', note: 'allocated' },
  ]
}

/** Each pool has one repair under way, as many as it may: no other opens, so that every round does the same. */
function clusterOf(nodes: readonly NodeFacts[], suspects: readonly NodeFacts[]): RoundCluster {
  const firsts = new Map(suspects.map((facts) => [facts.pool, facts]))
  const open = [...firsts.values()].map(({ name, pool }) =>
    repair(name, { phase: 'Verifying', rung: 'reboot-soft' }, { spec: { pool } }),
  )
  const finished = Array.from({ length: HISTORY }, (_, index) => {
    const change = { name: `past-${index}`, createdAt: CALENDAR - DAY, spec: { pool: `pool-${index % 10}` } }
    return repair(`node-${MASTERS + index}`, { phase: 'Succeeded' }, change)
  })
  const ladder = [rung('reboot-soft', { verifyMs: DAY })]
  return {
    nodes,
    repairs: [...open, ...finished],
    policy: policy({
      roles: { master: { enabled: true, ladder: [] }, worker: { enabled: true, ladder } },
      inFlight: { pool: { percent: 0, min: 1 }, masters: 1 },
    }),
  }
}

function bigNode(index: number): NodeFacts {
  const master = index < MASTERS
  return node(`node-${index}`, {
    role: master ? 'master' : 'worker',
    pool: master ? 'master' : `pool-${Math.floor(index / PER_POOL)}`,
    zone: `zone-${index % 3}`,
    labels: { 'kubernetes.io/hostname': `node-${index}`, 'topology.kubernetes.io/zone': `zone-${index % 3}` },
    conditions: [{ type: 'Ready', status: 'True' }],
  })
}
