import { type Sleeper, sleepUnless } from './abort.ts'

/** What wakes a loop that has nothing to do before a certain moment, unless something happens. Moments are ms by the clock's `now`. */
export interface Alarm {
  /** Something has happened. Ends the sleep under way, or else the next one. */
  ring(): void
  /**
   * Until the moment `until` (infinite: none), or until it rings, but not before `atLeast`: however often it rings, the
   * loop turns no faster than that. An abort among `enders` ends it at once, and is no error.
   */
  sleep(moments: { readonly atLeast: number; readonly until: number }, enders: readonly AbortSignal[]): Promise<void>
}

export function createAlarm(clock: Sleeper & { now(): number }): Alarm {
  let rung = new AbortController()
  return {
    // Without a reason, each abort would make an exception with a stack.
    ring: () => rung.abort('rung'),
    async sleep({ atLeast, until }, enders) {
      if (atLeast > clock.now()) await sleepUnless(clock, atLeast - clock.now(), enders)
      await sleepUnless(clock, until - clock.now(), [...enders, rung.signal])
      rung = new AbortController()
    },
  }
}
