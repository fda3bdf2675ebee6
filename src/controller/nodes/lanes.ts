import type { NodeRepair } from '../../core/model/node-repair.ts'
import type { Json, Millis } from '../../core/model/primitives.ts'
import type { RepairTimer } from '../../core/model/view.ts'
import { newTimer } from '../../core/repair/repair-timers.ts'
import { createQueue } from '../../lib/queue.ts'

/** What the leader keeps in memory of one open repair. Lost with the term: a successor begins with `stepKnown: false`. */
export interface Lane {
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

export interface Lanes {
  of(repair: NodeRepair): Lane
  timers(): ReadonlyMap<string, RepairTimer>
  setTimers(timers: ReadonlyMap<string, RepairTimer>): void
  /** Runs one after the other what looks at all repairs and then writes: two at once would not see each other. */
  inTurn<T>(job: () => Promise<T>): Promise<T>
  /** Resolves when nothing is under way any more. */
  settled(): Promise<void>
}

export function createLanes(): Lanes {
  const lanes = new Map<string, Lane>()
  return {
    of(repair) {
      const known = lanes.get(repair.name)
      if (known !== undefined && (known.uid === repair.uid || known.busy !== undefined)) return known
      const idle = { cursor: undefined, busy: undefined, failures: 0, notBefore: 0, gatherUntil: undefined }
      const lane: Lane = { uid: repair.uid, timer: newTimer(repair), ...idle }
      lanes.set(repair.name, lane)
      return lane
    },
    timers: () => new Map([...lanes].map(([name, lane]) => [name, timerOf(lane)])),
    setTimers(timers) {
      for (const [name, lane] of lanes) {
        const timer = timers.get(name)
        if (timer !== undefined) lane.timer = timer
        else if (lane.busy === undefined) lanes.delete(name)
      }
    },
    inTurn: createQueue(),
    async settled() {
      await Promise.allSettled([...lanes.values()].map((lane) => lane.busy))
    },
  }
}

function timerOf({ timer, busy, failures, notBefore, gatherUntil }: Lane): RepairTimer {
  return { ...timer, busy: busy !== undefined, failures, notBefore, gatherUntil }
}
