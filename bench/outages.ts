import { loadConfig } from '../src/config/load/load.ts'
import { optionSchemas } from '../src/daemon/config-boot.ts'
import { runChaos } from '../src/simulator/chaos/run-chaos.ts'
import { SETTINGS } from '../src/simulator/chaos/settings.ts'
import { loadOutage } from '../src/simulator/outage/load-outage.ts'
import { playOutage } from '../src/simulator/outage/play.ts'
import type { Result } from './report.ts'

const DAYS = 30
const STORM = 1_000
const GENERATED = 70

/** What playing outages costs: processor time of one core. */
export async function benchOutages(progress: (text: string) => void): Promise<readonly Result[]> {
  const configs = Object.entries(SETTINGS).map(([file, text]) => loadConfig(text, { file, ...optionSchemas() }).config)
  const [config] = configs
  if (config === undefined) throw new Error('bench: no configuration')
  const play = (text: string) => playOutage(loadOutage(text, 'bench'), { config })

  progress(`a month of a hundred nodes, a fault a day`)
  const faults = Array.from({ length: DAYS }, (_, day) => `  - {what: kubelet, at: ${24 * day + 1}h, nodes: [w${day}]}`)
  const month = await secondsOf(() =>
    play(`title: month\ncluster: {workers: 97}\nlasts: ${DAYS}d\nevents:\n${faults.join('\n')}`),
  )
  progress(`${STORM} suspects for an hour`)
  const storm = await secondsOf(() =>
    play(
      `title: storm\ncluster: {workers: ${STORM}, zoneLabels: false}\nlasts: 1h\nevents: [{what: network, at: 1m, nodes: {role: worker}}]`,
    ),
  )
  progress(`${GENERATED} generated outages`)
  const chaos = await secondsOf(async () => {
    for await (const _ of runChaos({ first: 0, count: GENERATED, configs }));
  })
  const rows = [
    { name: 'a year of 100 nodes, a fault a day', value: (month * 365) / DAYS, unit: 's', goal: 10 },
    {
      name: `${STORM} suspects, a million node-seconds`,
      value: (storm * 1_000_000) / (STORM * 3_600),
      unit: 's',
      goal: 3.3,
    },
    { name: 'a generated outage', value: chaos / GENERATED, unit: 's', goal: 0.36 },
  ]
  return rows.map((row) => ({ bench: 'outages', ...row, note: 'processor time of one core' }))
}

async function secondsOf(job: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage()
  await job()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1_000_000
}
