import type { Millis } from '../../core/model/primitives.ts'
import type { Clock } from '../../core/ports/clock.ts'

/** What the world does at its time, until the signal ends it. */
export interface Schedule {
  readonly clock: Clock
  readonly signal: AbortSignal
  at(when: Millis, job: () => void): void
}

/** `failed`: a job that throws ends the whole play; there is nobody to catch it. */
export function createSchedule(clock: Clock, signal: AbortSignal, failed: (thrown: unknown) => void): Schedule {
  return {
    clock,
    signal,
    at(when, job) {
      const run = (): void => {
        try {
          job()
        } catch (thrown) {
          failed(thrown)
        }
      }
      clock.sleep(when - clock.now(), signal).then(run, () => undefined)
    },
  }
}
