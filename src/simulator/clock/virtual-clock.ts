import type { Millis } from '../../core/model/primitives.ts'
import type { Clock } from '../../core/ports/clock.ts'
import { eachWhenQuiet, turn } from './quiet.ts'
import { createTimeline } from './timeline.ts'

export interface VirtualClock extends Clock {
  /** Lets `ms` pass: wakes every sleeper on the way, in order, and lets each finish what it does before the next. */
  advance(ms: Millis): Promise<void>
  /** Lets time pass by itself until `signal` aborts: as soon as nobody has anything left to do, the next sleeper wakes. */
  run(signal: AbortSignal): Promise<void>
}

interface Sleeper {
  readonly siblings: Siblings
  readonly wake: () => void
  readonly stop: (reason: unknown) => void
  isDone: boolean
}

/** All who sleep under one signal, and some who did. */
interface Siblings {
  all: Sleeper[]
  asleep: number
}

/** After so many wake-ups the event loop gets a turn: signals, timers of a test runner. */
const WAKES_PER_TURN = 1_000
const FEW = 64

/** Time that passes only when told to. */
export function createVirtualClock(wallAtStart: Millis = Date.parse('2026-01-01T00:00:00Z')): VirtualClock {
  const sleepers = createTimeline<Sleeper>()
  // One listener per signal: with one per sleeper, each sleep would walk through those of all the others.
  const families = new WeakMap<AbortSignal, Siblings>()
  let now = 0
  /** How many in `sleepers` were woken by their signal. */
  let aborted = 0

  function siblingsUnder(signal: AbortSignal): Siblings {
    const known = families.get(signal)
    if (known !== undefined) return known
    const siblings: Siblings = { all: [], asleep: 0 }
    families.set(signal, siblings)
    signal.addEventListener('abort', () => abort(siblings, signal.reason), { once: true })
    return siblings
  }

  function abort(siblings: Siblings, reason: unknown): void {
    for (const sleeper of siblings.all) {
      if (sleeper.isDone) continue
      sleeper.isDone = true
      sleeper.stop(reason)
    }
    aborted += siblings.asleep
    siblings.all = []
    siblings.asleep = 0
    if (sleepers.size < FEW || aborted < sleepers.size / 2) return
    sleepers.retain((sleeper) => !sleeper.isDone)
    aborted = 0
  }

  /** When the next sleeper wakes; infinite when nobody sleeps. */
  function nextAt(): Millis {
    while (sleepers.first()?.isDone) {
      sleepers.takeFirst()
      aborted--
    }
    return sleepers.firstAt()
  }

  /** False when nobody is due until then. */
  function wakeNext(until: Millis): boolean {
    const at = nextAt()
    if (at > until) return false
    const sleeper = sleepers.takeFirst()
    if (sleeper === undefined) return false
    now = Math.max(now, at)
    sleeper.isDone = true
    sleeper.siblings.asleep--
    sleeper.wake()
    return true
  }

  /** Wakes whoever is due until then, one by one, as long as `goesOn`, but no more than fit between two turns of the event loop. */
  async function wakeAll(until: Millis, goesOn: () => boolean): Promise<void> {
    let left = WAKES_PER_TURN
    await eachWhenQuiet(() => left-- > 0 && goesOn() && wakeNext(until))
  }

  return {
    now: () => now,
    wall: () => wallAtStart + now,
    sleep: (ms, signal) =>
      new Promise((wake, stop) => {
        if (signal.aborted) return stop(signal.reason)
        const siblings = siblingsUnder(signal)
        const sleeper: Sleeper = { siblings, wake, stop, isDone: false }
        if (siblings.all.length >= FEW && siblings.all.length > 2 * siblings.asleep) {
          siblings.all = siblings.all.filter((one) => !one.isDone)
        }
        siblings.all.push(sleeper)
        siblings.asleep++
        sleepers.add(now + Math.max(0, ms), sleeper)
      }),
    async advance(ms) {
      const until = now + ms
      do {
        await turn()
        await wakeAll(until, () => true)
      } while (nextAt() <= until)
      now = Math.max(now, until)
    },
    async run(signal) {
      while (!signal.aborted) {
        // Where nobody sleeps, only the world outside can go on.
        await turn()
        await wakeAll(Number.POSITIVE_INFINITY, () => !signal.aborted)
      }
    },
  }
}
