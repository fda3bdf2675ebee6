import { lastAttempt, type NodeRepair, phaseOf, runningAttempt, takesSlot } from '../../model/node-repair.ts'
import type { HoldReason } from '../../model/reasons.ts'
import { isVouchedFor, poolOf, quorumOf } from '../../repair/repair-node.ts'
import type { Gate } from '../../round/gate.ts'
import { type Round, wantsAttempt } from '../../round/round.ts'
import { approval } from '../people/approval.ts'
import { localData } from '../people/local-data.ts'
import { optedOut } from '../people/opted-out.ts'
import { otherActor } from '../people/other-actor.ts'
import { paused } from '../people/paused.ts'
import { serialCause } from './serial-cause.ts'

/** Who has a slot of InFlight. */
export interface Slots {
  /** Of the control plane and of etcd. */
  readonly masters: number
  inPool(name: string): number
  /** How many come before this repair for the slots of its pool, and of the control plane; undefined: it has no slot. */
  rankOf(repair: NodeRepair): { readonly inPool: number; readonly amongMasters: number } | undefined
}

/** A person, a switch or another actor decides how long these last. */
const PEOPLE: readonly Gate[] = [paused, optedOut, otherActor, localData, approval, serialCause]
/** What these gates say of things that pass by themselves within moments. */
const MOMENTS: ReadonlySet<string> = new Set<HoldReason>(['CloudTask', 'NodeDeleting', 'VolumesUnknown'])

/** Those that act already come first, then the oldest: when a limit was lowered, the same ones stay inside of it. */
export function countSlots(round: Round): Slots {
  const { open, view } = round
  const waits = whoWaits(round)
  const pools = new Map<string, number>()
  const ranks = new Map<string, { readonly inPool: number; readonly amongMasters: number }>()
  let masters = 0
  const order = open
    .filter((repair) => takesSlot(repair) && isVouchedFor(repair, view) && !waits.has(repair))
    .sort((a, b) => waiting(a) - waiting(b) || a.createdAt - b.createdAt || (a.name < b.name ? -1 : 1))
  for (const repair of order) {
    const pool = poolOf(repair, view)
    const inPool = pools.get(pool) ?? 0
    ranks.set(repair.name, { inPool, amongMasters: masters })
    pools.set(pool, inPool + 1)
    if (quorumOf(repair, view).length > 0) masters += 1
  }
  return { masters, inPool: (name) => pools.get(name) ?? 0, rankOf: ({ name }) => ranks.get(name) }
}

function waiting(repair: NodeRepair): number {
  if (runningAttempt(repair) !== undefined) return 0
  if (phaseOf(repair) !== 'Pending') return 1
  return lastAttempt(repair) === undefined ? 3 : 2
}

/** Nothing is under way of these, and they are not heald's to go on with: their slot is of use to others. */
function whoWaits(round: Round): ReadonlySet<NodeRepair> {
  const tests = PEOPLE.map((gate) => gate.begin(round))
  const waits = new Set<NodeRepair>()
  for (const subject of round.inRepair) {
    const { repair } = subject
    if (repair === undefined || phaseOf(repair) !== 'Pending' || !wantsAttempt(repair)) continue
    const isHeld = tests.some((test) => {
      const { pass, reason } = test(subject)
      return !pass && !MOMENTS.has(reason)
    })
    if (isHeld) waits.add(repair)
  }
  return waits
}
