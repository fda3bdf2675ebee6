import type { NodeRepair } from '../../core/model/node-repair.ts'
import type { Json, Millis } from '../../core/model/primitives.ts'
import type { RepairTimer } from '../../core/model/view.ts'
import { newTimer } from '../../core/repair/repair-timers.ts'
import { createQueue } from '../../lib/queue.ts'

/** What the leader keeps in memory of one open repair. Lost with the term: a successor begins with `stepKnown: false`. */
export interface RepairSlot {
  /** Of the object: a deleted repair's number may be given again. */
  readonly uid: string
  timer: RepairTimer
  /** The cursor of the next step, when an answer has named one that is not stored yet. */
  cursor: Json | undefined
  /** Set while an effect is under way: a repair does one thing at a time. */
  busy: Promise<void> | undefined
  failures: number
  /** After a failure nothing is tried before this moment. */
  notBefore: Millis
  /** Until then a repair that is due waits for others of its batch; undefined before it has been due. */
  gatherUntil: Millis | undefined
}

export interface RepairSlots {
  of(repair: NodeRepair): RepairSlot
  timers(): ReadonlyMap<string, RepairTimer>
  setTimers(timers: ReadonlyMap<string, RepairTimer>): void
  /** Runs one after the other what looks at all repairs and then writes: two at once would not see each other. */
  inTurn<T>(job: () => Promise<T>): Promise<T>
  /** Resolves when nothing is under way any more. */
  settled(): Promise<void>
}

export function createSlots(): RepairSlots {
  const slots = new Map<string, RepairSlot>()
  return {
    of(repair) {
      const known = slots.get(repair.name)
      if (known !== undefined && (known.uid === repair.uid || known.busy !== undefined)) return known
      const idle = { cursor: undefined, busy: undefined, failures: 0, notBefore: 0, gatherUntil: undefined }
      const slot: RepairSlot = { uid: repair.uid, timer: newTimer(repair), ...idle }
      slots.set(repair.name, slot)
      return slot
    },
    timers: () => new Map([...slots].map(([name, slot]) => [name, timerOf(slot)])),
    setTimers(timers) {
      for (const [name, slot] of slots) {
        const timer = timers.get(name)
        if (timer !== undefined) slot.timer = timer
        else if (slot.busy === undefined) slots.delete(name)
      }
    },
    inTurn: createQueue(),
    async settled() {
      await Promise.allSettled([...slots.values()].map((slot) => slot.busy))
    },
  }
}

function timerOf({ timer, busy, failures, notBefore, gatherUntil }: RepairSlot): RepairTimer {
  return { ...timer, busy: busy !== undefined, failures, notBefore, gatherUntil }
}
