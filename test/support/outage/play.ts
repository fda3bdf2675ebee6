import { readFileSync } from 'node:fs'
import { loadConfig } from '../../../src/config/load/load.ts'
import type { Config } from '../../../src/config/schema/schema.ts'
import { optionSchemas } from '../../../src/daemon/config-boot.ts'
import { loadOutage } from '../../../src/simulator/outage/load-outage.ts'
import type { Outage } from '../../../src/simulator/outage/outage.ts'
import { type Played, type PlayOptions, playOutage } from '../../../src/simulator/outage/play.ts'

export const MINUTE = 60_000
export const HOUR = 60 * MINUTE

/** heald's defaults, and what `text` changes. */
export function configOf(text = ''): Config {
  return loadConfig(text === '' ? 'clusterName: test\n' : text, { file: 'test', ...optionSchemas() }).config
}

/** 3 masters and 30 workers of one pool in three zones and six racks, for an hour; `events` as in a scenario's file. */
export function outageOf(
  events: readonly string[],
  { lasts = '1h', workers = 30, cluster = 'zones: 3, racks: 6' } = {},
): Outage {
  const lines = ['title: test', `cluster: {workers: ${workers}, ${cluster}}`, `lasts: ${lasts}`, 'events:']
  return loadOutage([...lines, ...events.map((event) => `  - {${event}}`)].join('\n'), 'test')
}

export function play(outage: Outage, options: Partial<PlayOptions> = {}): Promise<Played> {
  return playOutage(outage, { config: configOf(), ...options })
}

/** One of those that are shipped. */
export function shipped(name: string): Outage {
  const file = `examples/outages/${name}.yaml`
  return loadOutage(readFileSync(file, 'utf8'), file)
}
