import { loadConfig } from '../../../src/config/load/load.ts'
import type { Config } from '../../../src/config/schema/schema.ts'
import { optionSchemas } from '../../../src/daemon/config-boot.ts'
import type { ClusterPlan, OutageEvent } from '../../../src/simulator/outage/outage.ts'
import { type Played, playOutage } from '../../../src/simulator/outage/play.ts'

export const MINUTE = 60_000
export const HOUR = 60 * MINUTE

/** 3 masters and 30 workers of one pool in three labelled zones and six racks. */
export const THIRTY: ClusterPlan = { masters: 3, pools: [{ workers: 30 }], zones: 3, racks: 6, zoneLabels: true }

/** heald's defaults, and what `text` changes. */
export function configOf(text = ''): Config {
  return loadConfig(`clusterName: test\n${text}`, { file: 'test', ...optionSchemas() }).config
}

export function play(
  events: readonly OutageEvent[],
  options: {
    readonly durationMs?: number
    readonly cluster?: ClusterPlan
    readonly config?: Config
    readonly healed?: boolean
  } = {},
): Promise<Played> {
  const { durationMs = HOUR, cluster = THIRTY, config = configOf(), healed = true } = options
  return playOutage({ title: 'test', cluster, events, durationMs }, { config, healed })
}
