import type { Heartbeat } from '../../core/model/node.ts'
import type { Millis } from '../../core/model/primitives.ts'
import type { Heartbeats } from '../../core/ports/watched.ts'
import { sleepUnless } from '../../lib/abort.ts'
import { createAlarm } from '../../lib/alarm.ts'
import type { Beats } from './beats.ts'
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
  paceMs: Millis,
): Heartbeats & { stir(): void } {
  const items = new Map<string, Heartbeat>()
  const listeners: (() => void)[] = []
  /** By node: what a single read has told since the last poll. */
  const reads = new Map<string, Heartbeat>()
  const alarm = createAlarm(schedule.clock)
  let isStirred = false
  /** A beat came through a network that loses others. */
  let isSingle = false

  const pollAfter = (time: Millis): Millis =>
    links.openSince + Math.max(0, Math.ceil((time - links.openSince) / POLL_MS)) * POLL_MS
  const lastPoll = (): Millis =>
    links.openSince + Math.floor(Math.max(0, links.seenAt - links.openSince) / POLL_MS) * POLL_MS

  const untilPoll = (everyMs = POLL_MS): Millis => everyMs - ((schedule.clock.now() - links.openSince) % everyMs)

  const beatOf = (beats: Beats | undefined): Millis => beats?.lastAt(lastPoll()) ?? Number.NEGATIVE_INFINITY
  const newerRead = (name: string, beat: Millis): Heartbeat | undefined => {
    const read = reads.get(name)
    return read !== undefined && Number(read.renewTime) >= beat ? read : undefined
  }

  function follow(name: string): void {
    if (!registry.nodes.has(name)) {
      items.delete(name)
      reads.delete(name)
    } else if (!items.has(name)) {
      const beats = registry.beatsOf(name)
      // Asked of every node in every poll.
      items.set(name, {
        get renewTime() {
          const beat = beatOf(beats)
          return newerRead(name, beat)?.renewTime ?? String(beat)
        },
        get changedAt() {
          const beat = beatOf(beats)
          return newerRead(name, beat)?.changedAt ?? pollAfter(beat)
        },
      })
    }
  }
  for (const name of registry.nodes.keys()) follow(name)
  registry.onChange(follow)
  const stir = (): void => {
    isStirred = true
    alarm.ring()
  }
  registry.onBeats((kind) => {
    if (kind === 'turn') stir()
    else if (!isSingle) {
      isSingle = true
      alarm.ring()
    }
  })
  links.onChange(stir)

  const isAnybodySilent = (): boolean => {
    for (const name of items.keys()) if (registry.beatsOf(name)?.beating !== true) return true
    return false
  }

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
      if (items.get(name)?.renewTime !== renewTime) reads.set(name, { renewTime, changedAt: schedule.clock.now() })
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
        const pause = clock.now() - stirredAt > SETTLED_MS ? SELDOM_MS : untilPoll()
        const now = clock.now()
        await alarm.sleep({ atLeast: now, until: now + (isAnybodySilent() ? pause : QUIET_MS) }, signal)
        if (isStirred) {
          isStirred = false
          stirredAt = clock.now()
          await sleepUnless(clock, untilPoll(), [signal])
        } else if (isSingle) {
          // Behind such a network there is always somebody who is heard again: those are polled as seldom as they are looked at.
          const now = clock.now()
          await alarm.sleep({ atLeast: now + untilPoll(), until: now + untilPoll(paceMs) }, signal)
        }
        isSingle = false
        if (!signal.aborted) tell()
      }
    },
  }
}
