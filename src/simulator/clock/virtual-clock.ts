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
  /** All who sleep under the same signal, in no order, and where this one stands among them. */
  readonly siblings: Sleeper[]
  place: number
  readonly fellAsleep: number
  readonly wake: () => void
  readonly stop: (reason: unknown) => void
  isAborted: boolean
}

/** After so many wake-ups the event loop gets a turn: signals, timers of a test runner. */
const WAKES_PER_TURN = 1_000
const FEW = 64

/** Time that passes only when told to. */
export function createVirtualClock(wallAtStart: Millis = Date.parse('2026-01-01T00:00:00Z')): VirtualClock {
  const sleepers = createTimeline<Sleeper>()
  // One listener per signal: with one per sleeper, each sleep would walk through those of all the others.
  const families = new WeakMap<AbortSignal, Sleeper[]>()
  let now = 0
  let sleeps = 0
  let wake: () => void = () => undefined
  let stop: (reason: unknown) => void = wake
  /** One for all promises, where each would need a closure of its own. */
  const capture = (resolve: () => void, reject: (reason: unknown) => void): void => {
    wake = resolve
    stop = reject
  }
  /** How many in `sleepers` were woken by their signal. */
  let aborted = 0

  function siblingsUnder(signal: AbortSignal): Sleeper[] {
    const known = families.get(signal)
    if (known !== undefined) return known
    const siblings: Sleeper[] = []
    families.set(signal, siblings)
    signal.addEventListener('abort', () => abort(siblings, signal.reason), { once: true })
    return siblings
  }

  function abort(siblings: Sleeper[], reason: unknown): void {
    for (const sleeper of siblings.splice(0).sort((a, b) => a.fellAsleep - b.fellAsleep)) {
      sleeper.isAborted = true
      sleeper.stop(reason)
      aborted++
    }
    if (sleepers.size < FEW || aborted < sleepers.size / 2) return
    sleepers.retain((sleeper) => !sleeper.isAborted)
    aborted = 0
  }

  function leave({ siblings, place }: Sleeper): void {
    const last = siblings.pop()
    if (last === undefined || place === siblings.length) return
    siblings[place] = last
    last.place = place
  }

  /** When the next sleeper wakes; infinite when nobody sleeps. */
  function nextAt(): Millis {
    while (aborted > 0 && sleepers.first()?.isAborted) {
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
    leave(sleeper)
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
    sleep(ms, signal) {
      if (signal.aborted) return Promise.reject(signal.reason)
      const siblings = siblingsUnder(signal)
      const promise = new Promise<void>(capture)
      const sleeper = { siblings, place: siblings.length, fellAsleep: sleeps++, wake, stop, isAborted: false }
      siblings.push(sleeper)
      sleepers.add(now + Math.max(0, ms), sleeper)
      return promise
    },
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
