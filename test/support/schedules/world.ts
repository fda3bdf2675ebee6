import type { Clock } from '../../../src/core/ports/clock.ts'
import { fnv1a } from '../../../src/lib/pure/hash.ts'
import { eachWhenQuiet } from '../../../src/simulator/clock/quiet.ts'
import { createTimeline } from '../../../src/simulator/clock/timeline.ts'
import type { Harm, HarmKind, Schedule } from './schedule.ts'

/** One life of a replica's process. */
export interface Life {
  readonly who: number
  readonly name: string
  readonly clock: Clock
  alive: boolean
  frozenUntil: number
  cutUntil: number
  watchStallsUntil: number
}

/** A request to the API server or the cloud: what happens there when it arrives. */
export interface Call<T> {
  readonly what: string
  readonly apply: () => T
  /** What the caller is told when nothing is heard for so long, by its own clock. Undefined: it waits. */
  readonly late?: { readonly ms: number; readonly error: () => Error }
  /** A request that changes a machine is taken by its cloud within LATE_MS, or not at all, and leaves at once. */
  readonly mutates?: boolean
}

export interface World {
  now(): number
  /** `owner`: who must be alive and awake for it. Returns how to take it back. */
  at(inMs: number, run: () => void, owner?: Life): () => void
  begin(who: number): Life
  /** The scheduling point: here the schedule says what goes wrong. */
  call<T>(life: Life, call: Call<T>, signal: AbortSignal): Promise<T>
  /** Lets things happen until this moment, or until `isOver`. */
  run(until: number, isOver: () => boolean): Promise<void>
  /** How many scheduling points were passed, by replica. */
  readonly calls: readonly number[]
  /** A number for the order in which requests have left and arrived, by whom and what. */
  readonly way: number
  /** Which of the schedule's harms have come. */
  readonly met: ReadonlySet<Harm>
}

/** How long a request for a machine may be under way to its cloud. */
export const LATE_MS = 10_000

interface Event {
  readonly run: () => void
  readonly owner: Life | undefined
  dropped: boolean
}

const EPOCH = Date.UTC(2026, 4, 1)

/** `onHarm`: what a harm does that is not about the call or its process. */
export function createWorld(
  schedule: Schedule,
  onHarm: (harm: Harm, life: Life) => void,
  trace?: (line: string) => void,
): World {
  const timeline = createTimeline<Event>()
  const harms = new Map<number, Harm[]>()
  for (const harm of schedule.harms) {
    const key = keyOf(harm.who, harm.call)
    harms.set(key, [...(harms.get(key) ?? []), harm])
  }
  const met = new Set<Harm>()
  const calls = schedule.rates.map(() => 0)
  const lives = schedule.rates.map(() => 0)
  const backlogs = new Map<Life, Event[]>()
  let time = 0
  let way = 0

  function at(inMs: number, run: () => void, owner?: Life): () => void {
    const event: Event = { run, owner, dropped: false }
    timeline.add(time + Math.max(0, inMs), event)
    return () => {
      event.dropped = true
    }
  }

  function putOff(event: Event, owner: Life): void {
    const known = backlogs.get(owner)
    if (known !== undefined) known.push(event)
    else {
      backlogs.set(owner, [event])
      thawLater(owner)
    }
  }

  function thawLater(owner: Life): void {
    at(owner.frozenUntil - time, () => {
      if (owner.frozenUntil > time) return thawLater(owner)
      const due = backlogs.get(owner) ?? []
      backlogs.delete(owner)
      if (schedule.youngestFirst) due.reverse()
      for (const event of due) timeline.add(time, event)
    })
  }

  function freeze(life: Life, ms: number): void {
    life.frozenUntil = Math.max(life.frozenUntil, time + ms)
  }

  function begin(who: number): Life {
    const rate = schedule.rates[who] ?? 1
    const offset = 1e6 * (who + 1) + 1e5 * lives[who]!
    const life: Life = {
      who,
      name: `r${who}.${lives[who]!++}`,
      ...{ alive: true, frozenUntil: 0, cutUntil: 0, watchStallsUntil: 0 },
      clock: {
        now: () => offset + time * rate,
        wall: () => EPOCH + time,
        sleep: (ms, signal) =>
          new Promise((resolve, reject) => {
            if (signal.aborted) return reject(signal.reason)
            const stop = (): void => {
              drop()
              reject(signal.reason)
            }
            const drop = at(
              Math.max(0, ms) / rate,
              () => {
                signal.removeEventListener('abort', stop)
                resolve()
              },
              life,
            )
            signal.addEventListener('abort', stop)
          }),
      },
    }
    return life
  }

  function call<T>(life: Life, { what, apply, late, mutates }: Call<T>, signal: AbortSignal): Promise<T> {
    if (signal.aborted) return Promise.reject(signal.reason)
    if (!life.alive) return new Promise(() => undefined)
    const { who } = life
    const n = calls[who]!++
    const has = new Map<HarmKind, number>()
    for (const harm of harms.get(keyOf(who, n)) ?? []) {
      met.add(harm)
      has.set(harm.what, harm.ms)
      if (harm.what === 'cut off') life.cutUntil = time + harm.ms
      if (harm.what === 'watch stalls') life.watchStallsUntil = time + harm.ms
      onHarm(harm, life)
    }
    const say = (how: string): void => trace?.(`${(time / 1_000).toFixed(3)} s ${life.name}, call ${n}: ${what} ${how}`)
    const pass = (arrival: number): void => {
      way = (Math.imul(way, 31) + 4 * what.length + 2 * who + arrival) | 0
    }
    pass(0)
    if (trace !== undefined) say(`leaves${[...has.keys()].map((harm) => `, ${harm}`).join('')}`)
    const jitter = fnv1a(`${schedule.seed} ${who} ${n}`)
    const frozenFirst = mutates === true ? 0 : (has.get('frozen before it') ?? 0)
    const lateBy = has.get('arrives late') ?? 0
    const toMs = 1 + (jitter & 15) + frozenFirst + (mutates === true ? Math.min(LATE_MS, lateBy) : lateBy)
    const backMs = 1 + ((jitter >>> 4) & 15) + (has.get('answered late') ?? 0)
    const arrives = !has.has('lost') && !has.has('killed before it') && life.cutUntil <= time
    const answers = arrives && !has.has('answer lost')

    return new Promise<T>((resolve, reject) => {
      let settled = false
      const settle = (end: () => void): void => {
        if (settled) return
        settled = true
        signal.removeEventListener('abort', stop)
        end()
      }
      const stop = (): void => settle(() => reject(signal.reason))
      signal.addEventListener('abort', stop)
      if (arrives) {
        at(toMs, () => {
          pass(1)
          let answer: () => void
          try {
            const value = apply()
            answer = () => settle(() => resolve(value))
            if (trace !== undefined) say(`arrives: ${JSON.stringify(value)}`)
          } catch (thrown) {
            answer = () => settle(() => reject(thrown))
            if (trace !== undefined) say(`arrives: ${thrown}`)
          }
          if (answers) at(backMs, answer, life)
        })
      }
      // A timer that is not needed is not set: most answers come.
      if (late !== undefined && (!answers || toMs - frozenFirst + backMs > late.ms / 2)) {
        at(frozenFirst + late.ms, () => settle(() => reject(late.error())), life)
      }
      freeze(life, Math.max(has.get('frozen before it') ?? 0, has.get('frozen after it') ?? 0))
      if (has.has('killed before it') || has.has('killed after it')) life.alive = false
    })
  }

  return {
    now: () => time,
    ...{ at, begin, call, calls, met },
    get way() {
      return way
    },
    async run(until, isOver) {
      await eachWhenQuiet(() => {
        for (;;) {
          const when = timeline.firstAt()
          if (when > until || isOver()) return false
          const event = timeline.takeFirst()
          if (event === undefined) return false
          const { owner } = event
          if (event.dropped || owner?.alive === false) continue
          time = Math.max(time, when)
          if (owner !== undefined && owner.frozenUntil > time) {
            putOff(event, owner)
            continue
          }

          event.run()
          return true
        }
      })
    },
  }
}

function keyOf(who: number, call: number): number {
  return who * 1e6 + call
}
