import type { Heartbeat } from '../../core/model/node.ts'
import type { Millis } from '../../core/model/primitives.ts'
import type { Heartbeats } from '../../core/ports/watched.ts'
import { sleepUnless } from '../../lib/abort.ts'
import type { LinkBoard } from './links.ts'
import type { NodeRegistry } from './node-registry.ts'
import type { Schedule } from './schedule.ts'

/** As heald polls them. */
const POLL_MS = 5_000
const QUIET_MS = 3_600_000
/** After this long nobody who is silent becomes anything else by another poll: then they are announced seldom. */
const SETTLED_MS = 120_000
const SELDOM_MS = 600_000

/**
 * heald's heartbeats, worked out from the model when asked: the same that a poll every 5 s would have seen. Polls are
 * announced only while somebody is silent, since between two beats of the living there is nothing new.
 */
export function createFleetHeartbeats(
  schedule: Schedule,
  registry: NodeRegistry,
  links: LinkBoard,
): Heartbeats & { stir(): void } {
  const items = new Map<string, Heartbeat>()
  const listeners: (() => void)[] = []
  /** By node: what a single read has told since the last poll. */
  const reads = new Map<string, Heartbeat>()
  let stirred = new AbortController()

  const pollAfter = (time: Millis): Millis =>
    links.openSince + Math.max(0, Math.ceil((time - links.openSince) / POLL_MS)) * POLL_MS
  const lastPoll = (): Millis =>
    links.openSince + Math.floor(Math.max(0, links.seenAt - links.openSince) / POLL_MS) * POLL_MS

  const untilPoll = (): Millis => POLL_MS - ((schedule.clock.now() - links.openSince) % POLL_MS)

  function seen(name: string): Heartbeat {
    const beat = registry.beatsOf(name)?.lastAt(lastPoll()) ?? Number.NEGATIVE_INFINITY
    const read = reads.get(name)
    if (read !== undefined && Number(read.renewTime) >= beat) return read
    return { renewTime: String(beat), changedAt: pollAfter(beat) }
  }

  function follow(name: string): void {
    if (!registry.nodes.has(name)) {
      items.delete(name)
      reads.delete(name)
    } else if (!items.has(name)) {
      items.set(name, {
        get renewTime() {
          return seen(name).renewTime
        },
        get changedAt() {
          return seen(name).changedAt
        },
      })
    }
  }
  for (const name of registry.nodes.keys()) follow(name)
  registry.onChange(follow)
  const stir = (): void => stirred.abort('stirred')
  registry.onBeats(stir)
  links.onChange(stir)

  const isAnybodySilent = (): boolean => [...items.keys()].some((name) => registry.beatsOf(name)?.beating !== true)

  return {
    items,
    stir,
    get seenAt() {
      return links.open ? links.aliveAt : lastPoll()
    },
    onChange: (listener) => {
      listeners.push(listener)
    },
    applyRead(name, renewTime) {
      if (seen(name).renewTime !== renewTime) reads.set(name, { renewTime, changedAt: schedule.clock.now() })
    },
    async run(signal) {
      const { clock } = schedule
      let wasOpen = true
      const tell = (): void => {
        // A cut is told too, by a poll that finds nothing new: whoever counts on our being alive looks at the clock then.
        if (links.open || wasOpen) for (const listener of listeners) listener()
        wasOpen = links.open
      }
      tell()
      let stirredAt = clock.now()
      while (!signal.aborted) {
        stirred = new AbortController()
        const pause = clock.now() - stirredAt > SETTLED_MS ? SELDOM_MS : untilPoll()
        await sleepUnless(clock, isAnybodySilent() ? pause : QUIET_MS, [signal, stirred.signal])
        if (stirred.signal.aborted) {
          stirredAt = clock.now()
          await sleepUnless(clock, untilPoll(), [signal])
        }
        if (!signal.aborted) tell()
      }
    },
  }
}
