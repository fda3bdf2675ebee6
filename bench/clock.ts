import { createVirtualClock } from '../src/simulator/clock/virtual-clock.ts'
import { startQuietCluster } from '../test/support/cluster/quiet-cluster.ts'
import type { Row } from './report.ts'

const SLEEPERS = 1_000
const WAKES = 2_000_000
const GOAL_PER_SECOND = 1_000_000
const HOUR_MS = 3_600_000
const GOAL_PER_DAY_S = 30

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
    await quietDay(),
  ]
}

/** Whole daemons in virtual time, from one hour of a day that is like the others. */
async function quietDay(): Promise<Row> {
  const { world, replicas } = await startQuietCluster()
  const startedAt = performance.now()
  await world.clock.sleep(HOUR_MS, world.signal)
  const hourS = (performance.now() - startedAt) / 1_000
  await Promise.all(replicas.map((one) => one.stop()))
  await world.close()
  return {
    ...{ bench: 'clock', name: 'a quiet day of 3 replicas beside 100 nodes, whole daemons', unit: 's' },
    ...{ value: 24 * hourS, goal: GOAL_PER_DAY_S, note: '24 times one hour' },
  }
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
