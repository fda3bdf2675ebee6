import type { Millis } from '../../core/model/primitives.ts'
import type { Clock } from '../../core/ports/clock.ts'
import type { Tell } from '../../core/ports/log.ts'
import type { Stall, Stalls } from '../../core/ports/stalls.ts'
import { sleepUnless } from '../../lib/abort.ts'
import { createStallList } from './stall-list.ts'

const PULSE_MS: Millis = 1_000
/** A pulse that comes later than this was held up: by the host, a debugger, or work of our own that left no turn to others. */
const LATE_MS: Millis = 1_000
/** A machine that has too little to run on stalls every few seconds: more often than this, nobody is told. */
const TOLD_MS: Millis = 60_000

export interface StallWatch extends Stalls {
  /** The pulse, until aborted. Without it nothing is noticed: a process with nothing to do would look like one that stalls. */
  run(signal: AbortSignal): Promise<void>
}

/**
 * Notices that this process stood still: by the monotonic clock, which goes on while a process is stopped or starved, and
 * by the wall clock, which shows after a sleep of the whole machine that the other one slept too. A wall clock that was
 * set forward looks the same, and costs a moment. `onStall`: what to count.
 */
export function createStallWatch({
  clock,
  tell,
  onStall,
}: {
  readonly clock: Clock
  readonly tell: Tell
  readonly onStall?: ((lostMs: Millis) => void) | undefined
}): StallWatch {
  const list = createStallList()
  let isPulsing = false
  let beatAt: Millis = 0
  let wallAt: Millis = 0
  let toldAt = Number.NEGATIVE_INFINITY
  let untold: { readonly count: number; readonly lostMs: Millis } = { count: 0, lostMs: 0 }

  const tellOf = ({ lostMs, until }: Stall): void => {
    untold = { count: untold.count + 1, lostMs: untold.lostMs + lostMs }
    if (until - toldAt < TOLD_MS) return
    const times = untold.count === 1 ? '' : `, ${untold.count} times since this was told last`
    const message = `heald's own process stood still for ${Math.round(untold.lostMs / 1_000)} s${times}: nobody's time ran on meanwhile, and whoever it was looking at was not seen to fail`
    tell({ level: 'warn', reason: 'StoodStill', message, fields: { lostMs: Math.round(untold.lostMs) } })
    toldAt = until
    untold = { count: 0, lostMs: 0 }
  }

  const notice = (): void => {
    const now = clock.now()
    const wall = clock.wall()
    const stall: Stall = { from: beatAt, until: now, lostMs: Math.max(now - beatAt, wall - wallAt) }
    beatAt = now
    wallAt = wall
    if (!isPulsing || stall.lostMs < PULSE_MS + LATE_MS) return
    onStall?.(stall.lostMs)
    tellOf(stall)
    list.add(stall)
  }

  return {
    ...list,
    notice,
    async run(signal) {
      while (!signal.aborted) {
        notice()
        isPulsing = true
        await sleepUnless(clock, PULSE_MS, [signal])
      }
      isPulsing = false
    },
  }
}
