import type { MachineSpec } from '../cluster/machine.ts'
import type { Cluster, Selection } from './outage.ts'

/** A machine and where it stands. */
export interface Member {
  readonly spec: MachineSpec
  readonly zone: string
  /** Undefined: masters. */
  readonly rack: number | undefined
}

const ZONES = 'abcdefghijklmnopqrstuvwxyz'

/** m0, m1 … and w0, w1 …; the workers of the second pool go on counting where the first ends. */
export function castOf({ masters, etcd = 0, workers, pools, zones, racks, zoneLabels }: Cluster): readonly Member[] {
  const zoneOf = (index: number): string => ZONES[index % zones] ?? 'a'
  const member = (
    name: string,
    role: MachineSpec['role'],
    zone: string,
    more: Partial<Member & MachineSpec>,
  ): Member => ({
    spec: {
      name,
      role,
      ...(more.etcd === true ? { etcd: true } : {}),
      ...(zoneLabels ? { zone } : {}),
      ...(more.pool === undefined ? {} : { pool: more.pool }),
    },
    zone,
    rack: more.rack,
  })
  const named = (pools ?? []).flatMap(({ name, workers }) => Array.from({ length: workers }, () => name))
  const pooled = workers === undefined ? named : Array.from({ length: workers }, () => undefined)
  const rackOf = (index: number): number => Math.floor((index * racks) / pooled.length) + 1
  return [
    ...Array.from({ length: masters }, (_, index) => member(`m${index}`, 'master', zoneOf(index), {})),
    ...Array.from({ length: etcd }, (_, index) => member(`e${index}`, 'worker', zoneOf(index), { etcd: true })),
    ...pooled.map((pool, index) =>
      member(`w${index}`, 'worker', zoneOf(index), { rack: rackOf(index), ...(pool === undefined ? {} : { pool }) }),
    ),
  ]
}

/** Names, in the order of the cast. */
export function select(cast: readonly Member[], selection: Selection): readonly string[] {
  if ('length' in selection) return cast.map(({ spec }) => spec.name).filter((name) => selection.includes(name))
  const { role, pool, zone, rack, first, percent = 100 } = selection
  const chosen = cast.filter(
    (member) =>
      (role === undefined || member.spec.role === role) &&
      (pool === undefined || member.spec.pool === pool) &&
      (zone === undefined || member.zone === zone) &&
      (rack === undefined || member.rack === rack),
  )
  const count = Math.min(first ?? chosen.length, Math.floor((chosen.length * percent) / 100))
  return chosen.slice(0, count).map(({ spec }) => spec.name)
}
