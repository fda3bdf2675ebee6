import { decide } from '../src/core/decide.ts'
import type { NodeFacts } from '../src/core/model/node.ts'
import type { Millis } from '../src/core/model/primitives.ts'
import type { Suspicion, View } from '../src/core/model/view.ts'
import {
  check,
  failing,
  instance,
  MINUTE,
  node,
  passing,
  policy,
  suspicion,
  view,
  witness,
} from '../test/support/pure/view.ts'
import { quantile } from './measure.ts'

export interface BenchRow {
  readonly name: string
  readonly p50Ms: number
  readonly p99Ms: number
  /** CPU time of the whole process: what a busy machine does not add to. */
  readonly cpuP99Ms: number
  readonly goalP99Ms: number
}

const NODES = 15_000
const CONDITION = check()
const ENDPOINT = check({ name: 'Endpoint', plane: 'probe', symptom: 'Unreachable' })
const ROUNDS = 400

/** `decide` for 15,000 nodes in ten pools and three zones. */
export async function benchDecide(): Promise<readonly BenchRow[]> {
  const rules = policy()
  return [
    measure('decide, 15,000 nodes, 1 % suspects', 2, bigView(100, spread)),
    measure('decide, 15,000 nodes, 1 % suspects, due together', 2, bigView(100, together)),
    measure('decide, 15,000 nodes, all suspects', 25, bigView(1, spread)),
  ]

  function measure(name: string, goalP99Ms: number, picture: View): BenchRow {
    for (let round = 0; round < 100; round++) decide(picture, rules)
    const times: number[] = []
    const cpu: number[] = []
    for (let round = 0; round < ROUNDS; round++) {
      const before = process.cpuUsage()
      const start = performance.now()
      decide(picture, rules)
      times.push(performance.now() - start)
      const { user, system } = process.cpuUsage(before)
      cpu.push((user + system) / 1_000)
    }
    return { name, p50Ms: quantile(times, 0.5), p99Ms: quantile(times, 0.99), cpuP99Ms: quantile(cpu, 0.99), goalP99Ms }
  }
}

/** Failing for up to ten minutes: half of a fleet are due. */
function spread(index: number): Millis {
  return (index % 600) * (MINUTE / 60)
}

/** A burst, within a minute, ten minutes ago. */
function together(index: number): Millis {
  return 10 * MINUTE + (index % 60) * (MINUTE / 60)
}

function bigView(oneSuspectIn: number, failingFor: (index: number) => Millis): View {
  const nodes = Array.from({ length: NODES }, (_, index) => bigNode(index))
  const suspects = nodes.filter((_, index) => index % oneSuspectIn === 0)
  return view({
    nodes,
    suspicions: suspects.map((facts, index) => bigSuspicion(facts, failingFor(index))),
    instances: Object.fromEntries(suspects.map(({ name }) => [name, instance(name)])),
  })
}

function bigNode(index: number): NodeFacts {
  const master = index < 5
  return node(`node-${index}`, {
    role: master ? 'master' : 'worker',
    pool: master ? 'master' : `pool-${index % 10}`,
    zone: `zone-${index % 3}`,
    labels: { 'kubernetes.io/hostname': `node-${index}`, 'topology.kubernetes.io/zone': `zone-${index % 3}` },
  })
}

function bigSuspicion({ name }: NodeFacts, failingForMs: Millis): Suspicion {
  const clocks = [
    { ...failing(failingForMs), check: CONDITION },
    { ...passing(), check: ENDPOINT },
  ]
  const witnesses = [
    witness('lease', 'Silent', 'fail'),
    witness('kubelet', 'NotReady', 'fail'),
    witness('probe', 'Unreachable', 'pass'),
  ]
  return suspicion(name, clocks, { witnesses })
}
