import { createVirtualClock } from '../src/simulator/clock/virtual-clock.ts'
import type { Row } from './report.ts'

const SLEEPERS = 1_000
const WAKES = 2_000_000
const GOAL_PER_SECOND = 1_000_000

/** What one wake-up of the virtual clock costs among a thousand sleepers, each of which lies down again at once. */
export async function benchClock(): Promise<readonly Row[]> {
  await wakeUps(WAKES / 10)
  const startedAt = performance.now()
  const wakes = await wakeUps(WAKES)
  const micros = ((performance.now() - startedAt) * 1_000) / wakes
  return [
    {
      bench: 'clock',
      name: `virtual clock: one wake-up, ${SLEEPERS.toLocaleString('en')} sleepers`,
      value: micros,
      unit: 'µs',
      goal: 1_000_000 / GOAL_PER_SECOND,
      note: `${Math.round(1_000_000 / micros).toLocaleString('en')} a second`,
    },
  ]
}

async function wakeUps(count: number): Promise<number> {
  const clock = createVirtualClock()
  const stop = new AbortController()
  let wakes = 0
  const sleeper = async (everyMs: number): Promise<void> => {
    while (!stop.signal.aborted) {
      await clock.sleep(everyMs, stop.signal)
      wakes++
    }
  }
  // Odd periods, so that hardly two of them are due at the same moment.
  const all = Array.from({ length: SLEEPERS }, (_, index) => sleeper(1_000 + index * 0.37).catch(() => undefined))
  await clock.advance((count / SLEEPERS) * (1_000 + (SLEEPERS * 0.37) / 2))
  stop.abort()
  await Promise.all(all)
  return wakes
}
