import type { MachineSpec } from '../cluster/machine.ts'
import type { ClusterPlan, Selection } from './outage.ts'

/** A machine and where it stands. */
export interface Member {
  readonly spec: MachineSpec
  readonly zone: string
  /** Undefined: masters. */
  readonly rack: number | undefined
}

const ZONES = 'abcdefghijklmnopqrstuvwxyz'

/** m0, m1 … and w0, w1 …; the workers of the second pool go on counting where the first ends. */
export function castOf({ masters, pools, zones, racks, zoneLabels }: ClusterPlan): readonly Member[] {
  const zoneOf = (index: number): string => ZONES[index % Math.max(1, zones)] ?? 'a'
  const member = (
    name: string,
    role: MachineSpec['role'],
    zone: string,
    more: Partial<Member & MachineSpec>,
  ): Member => ({
    spec: {
      name,
      role,
      ...(zoneLabels ? { zone } : {}),
      ...(more.pool === undefined ? {} : { pool: more.pool }),
    },
    zone,
    rack: more.rack,
  })
  const workers = pools.flatMap(({ name, workers }) =>
    Array.from({ length: workers }, (_, index) => ({ pool: name, index })),
  )
  const rackOf = (index: number): number => Math.floor((index * Math.max(1, racks)) / workers.length) + 1
  return [
    ...Array.from({ length: masters }, (_, index) => member(`m${index}`, 'master', zoneOf(index), {})),
    ...workers.map(({ pool }, index) =>
      member(`w${index}`, 'worker', zoneOf(index), { rack: rackOf(index), ...(pool === undefined ? {} : { pool }) }),
    ),
  ]
}

/** Names, in the order of the cast. */
export function select(cast: readonly Member[], selection: Selection): readonly string[] {
  const { nodes, role, pool, zone, rack, first, percent } = selection
  const chosen = cast.filter(
    (member) =>
      (nodes === undefined || nodes.includes(member.spec.name)) &&
      (role === undefined || member.spec.role === role) &&
      (pool === undefined || member.spec.pool === pool) &&
      (zone === undefined || member.zone === zone) &&
      (rack === undefined || member.rack === rack),
  )
  const count = Math.min(first ?? chosen.length, Math.floor((chosen.length * (percent ?? 100)) / 100))
  return chosen.slice(0, count).map(({ spec }) => spec.name)
}
