import type { Config } from '../../config/schema/schema.ts'
import { playOutage } from '../outage/play.ts'
import { generateOutage } from './generate.ts'
import { type Outcome, outcomeOf } from './tally.ts'

export interface ChaosOptions {
  readonly first: number
  readonly count: number
  /** Every so-manieth number: for several processes side by side. */
  readonly step?: number
  /** Workers of the largest cluster. */
  readonly largest?: number
  /** Played in turn. */
  readonly configs: readonly Config[]
}

/** Plays outages by their numbers, each with heald and with nobody. */
export async function* runChaos({ first, count, step = 1, largest, configs }: ChaosOptions): AsyncGenerator<Outcome> {
  for (let number = first; number < first + count; number += step) {
    const { shape, outage } = generateOutage(number, largest)
    const config = configs[number % configs.length]
    if (config === undefined) throw new Error('chaos: no configuration')
    const played = await playOutage(outage, { config, seed: number })
    const nobody = await playOutage(outage, { config, seed: number, healer: 'nobody' })
    yield outcomeOf(shape, outage, played, nobody)
  }
}
