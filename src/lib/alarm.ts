import { type Sleeper, sleepUnless } from './abort.ts'

/** What wakes a loop that has nothing to do before a certain moment, unless something happens. Moments are ms by the clock's `now`. */
export interface Alarm {
  /** Something has happened. Ends the sleep under way, or else the next one. */
  ring(): void
  /**
   * Until the moment `until` (infinite: none), or until it rings, but not before `atLeast`: however often it rings, the
   * loop turns no faster than that. An abort ends it at once, and is no error. The signal is the same each time.
   */
  sleep(moments: { readonly atLeast: number; readonly until: number }, signal: AbortSignal): Promise<void>
}

/**
 * A loop sleeps thousands of times, and is mostly woken by a ring. A timer is therefore not called off by a signal of its
 * own, which would cost more than the turn: it stays, serves the next sleep if that is no shorter, or wakes nobody.
 */
export function createAlarm(clock: Sleeper & { now(): number }): Alarm {
  let isRung = false
  let wake: () => void = () => undefined
  let fail: (reason: unknown) => void = () => undefined
  /** When the first timer under way ends that anybody counts on; infinite: none. */
  let timerAt = Number.POSITIVE_INFINITY
  let heard: AbortSignal | undefined

  function startTimer(until: number, signal: AbortSignal): void {
    if (timerAt <= until) return
    timerAt = until
    const ended = (): void => {
      if (timerAt === until) timerAt = Number.POSITIVE_INFINITY
      wake()
    }
    clock.sleep(until - clock.now(), signal).then(ended, (thrown: unknown) => signal.aborted || fail(thrown))
  }

  function rest(until: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      wake = resolve
      fail = reject
      startTimer(until, signal)
    })
  }

  return {
    ring() {
      isRung = true
      wake()
    },
    async sleep({ atLeast, until }, signal) {
      if (heard !== signal) signal.addEventListener('abort', () => wake(), { once: true })
      heard = signal
      if (atLeast > clock.now()) await sleepUnless(clock, atLeast - clock.now(), [signal])
      while (!isRung && !signal.aborted && clock.now() < until) await rest(until, signal)
      isRung = false
    },
  }
}
