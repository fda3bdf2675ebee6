import fc from 'fast-check'
import type { InstanceView } from '../../../src/core/model/instance.ts'
import type { NodeFacts } from '../../../src/core/model/node.ts'
import type { NodeRepair, Phase } from '../../../src/core/model/node-repair.ts'
import type { Role } from '../../../src/core/model/primitives.ts'
import type { Suspicion, View } from '../../../src/core/model/view.ts'
import {
  attempt,
  CALENDAR,
  DAY,
  failing,
  HOUR,
  instance,
  MINUTE,
  node,
  passing,
  repair,
  SECOND,
  suspicion,
  view,
  witness,
} from './view.ts'

export interface Member {
  readonly role: Role
  readonly pool: string
  readonly zone: string | undefined
  readonly failingForMs: number | undefined
  readonly lease: 'pass' | 'fail' | 'unknown'
  readonly power: 'running' | 'off' | 'error'
  readonly phase: Phase | undefined
  readonly ageMs: number
  readonly paused: boolean
  readonly pastRepairs: number
}

/** Times close together and far apart, due and not, so that bursts and queues both come about. */
const FAILING_FOR = [
  0,
  4 * MINUTE,
  5 * MINUTE,
  6 * MINUTE,
  6 * MINUTE + 50 * SECOND,
  7 * MINUTE + 40 * SECOND,
  20 * MINUTE,
  HOUR,
  3 * HOUR,
]
const PHASES: readonly Phase[] = [
  'Pending',
  'Draining',
  'Acting',
  'Verifying',
  'Soaking',
  'Parked',
  'Succeeded',
  'Cancelled',
]

export const member: fc.Arbitrary<Member> = fc.record({
  role: fc.constantFrom<Role[]>('worker', 'worker', 'worker', 'master'),
  pool: fc.constantFrom('a', 'b', 'c'),
  zone: fc.constantFrom('z1', 'z2', undefined),
  failingForMs: fc.oneof(
    { weight: 3, arbitrary: fc.constant(undefined) },
    { weight: 2, arbitrary: fc.constantFrom(...FAILING_FOR) },
  ),
  lease: fc.constantFrom('pass', 'fail', 'unknown'),
  power: fc.constantFrom('running', 'running', 'running', 'off', 'error'),
  phase: fc.oneof(
    { weight: 8, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.constantFrom(...PHASES) },
  ),
  ageMs: fc.constantFrom(30 * DAY, 30 * DAY, 30 * DAY, MINUTE),
  paused: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
  pastRepairs: fc.constantFrom(0, 0, 0, 1, 3),
})

/** Clusters of up to 40 nodes with roles mixed into pools, bursts, repairs in every phase, pauses and lemons. */
export const members: fc.Arbitrary<readonly Member[]> = fc.array(member, { maxLength: 40 })

/** As `members`, but large and mostly well, so that repairs do open. */
export const quietMembers: fc.Arbitrary<readonly Member[]> = fc
  .tuple(fc.array(member, { minLength: 1, maxLength: 6 }), fc.integer({ min: 20, max: 40 }))
  .map(([some, others]) => [
    ...some,
    ...Array.from(
      { length: others },
      (_, index): Member => ({
        ...WELL,
        pool: ['a', 'b', 'c'][index % 3] ?? 'a',
        role: index < 4 ? 'master' : 'worker',
      }),
    ),
  ])

const WELL: Member = {
  role: 'worker',
  pool: 'a',
  zone: undefined,
  failingForMs: undefined,
  lease: 'pass',
  power: 'running',
  phase: undefined,
  ageMs: 30 * DAY,
  paused: false,
  pastRepairs: 0,
}

export function nameAt(index: number): string {
  return `n${index}`
}

export function toView(all: readonly Member[]): View {
  const nodes: NodeFacts[] = []
  const suspicions: Suspicion[] = []
  const repairs: NodeRepair[] = []
  const instances: Record<string, InstanceView> = {}
  const pauses = new Map<string, { reason: string; until: undefined }>()
  for (const [index, one] of all.entries()) {
    const name = nameAt(index)
    nodes.push(node(name, { role: one.role, pool: one.pool, zone: one.zone, createdAt: CALENDAR - one.ageMs }))
    if (one.paused) pauses.set(name, { reason: 'test', until: undefined })
    if (one.phase !== undefined) repairs.push(openRepair(name, one, one.phase))
    for (let past = 0; past < one.pastRepairs; past++) {
      const createdAt = CALENDAR - (past + 2) * DAY
      const issuedAt = new Date(createdAt).toISOString()
      repairs.push(
        repair(
          name,
          { phase: 'Succeeded', attempts: [attempt({ state: 'Verified', issuedAt })] },
          { name: `${name}-past-${past}`, createdAt },
        ),
      )
    }
    if (one.failingForMs === undefined && one.phase === undefined) continue
    const clocks = [one.failingForMs === undefined ? passing() : failing(one.failingForMs)]
    suspicions.push(suspicion(name, clocks, { witnesses: [witness('lease', 'Silent', one.lease)] }))
    instances[name] = instance(name, { power: one.power })
  }
  return view({ nodes, suspicions, repairs, instances, switches: { nodes: pauses } })
}

function openRepair(name: string, { role, pool }: Member, phase: Phase): NodeRepair {
  const running = phase === 'Acting' || phase === 'Verifying' || phase === 'Soaking'
  const attempts = running ? [attempt({ state: 'Confirmed', finishedAt: undefined })] : []
  return repair(name, { phase, attempts }, { spec: { role, pool } })
}
