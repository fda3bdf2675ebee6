import { Gauge, type Registry } from 'prom-client'
import type { MetricsSnapshot } from './snapshot.ts'

interface Sample {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

interface GaugeSpec {
  readonly name: string
  readonly help: string
  readonly labels: readonly string[]
  readonly read: (snapshot: MetricsSnapshot) => readonly Sample[]
}

const GAUGES: readonly GaugeSpec[] = [
  {
    name: 'heald_nodes',
    help: 'Nodes by what heald thinks of them',
    labels: ['role', 'state'],
    read: ({ nodes }) => nodes.map(({ role, state, count }) => ({ labels: { role, state }, value: count })),
  },
  {
    name: 'heald_repairs_open',
    help: 'Open repairs by phase',
    labels: ['phase'],
    read: ({ repairs }) => samplesOf('phase', repairs),
  },
  {
    name: 'heald_hold',
    help: 'Nodes that this gate holds back now',
    labels: ['gate'],
    read: ({ holds }) => samplesOf('gate', holds),
  },
  {
    name: 'heald_repairs_requested',
    help: 'Repairs that people ask for, and by which nothing was done yet',
    labels: [],
    read: ({ requests }) => [{ labels: {}, value: requests }],
  },
  {
    name: 'heald_members_missing',
    help: 'Machines of the cluster that no Node stands for',
    labels: ['symptom'],
    read: ({ missing }) => samplesOf('symptom', missing),
  },
  {
    name: 'heald_sight_blind',
    help: '1 while this source can not be seen: nothing is held against any node meanwhile',
    labels: ['source'],
    read: ({ blind }) => [...blind].map(([source, is]) => ({ labels: { source }, value: Number(is) })),
  },
  flag('heald_leader', '1 on the replica that leads', ({ leading }) => leading),
  flag('heald_paused', '1 while the whole cluster is paused', ({ paused }) => paused),
  flag('heald_dry_run', '1 while heald only says what it would do', ({ dryRun }) => dryRun),
  {
    name: 'heald_leader_epoch',
    help: 'Epoch of the term this replica leads; absent on the others',
    labels: [],
    read: ({ epoch }) => (epoch === undefined ? [] : [{ labels: {}, value: epoch }]),
  },
  {
    name: 'heald_config_last_good_timestamp_seconds',
    help: 'When the configuration in force was read (Unix time)',
    labels: [],
    read: ({ configLastGoodAt: at }) => (at === undefined ? [] : [{ labels: {}, value: at / 1_000 }]),
  },
  flag(
    'heald_config_kept',
    '1 while the last good configuration stays, as the newest can not be taken',
    ({ configKept }) => configKept,
  ),
  {
    name: 'heald_process_resident_memory_bytes',
    help: 'Resident memory of this process',
    labels: [],
    read: () => [{ labels: {}, value: process.memoryUsage.rss() }],
  },
  {
    name: 'heald_process_cpu_seconds',
    help: 'CPU time of this process so far',
    labels: [],
    read: () => {
      const { user, system } = process.cpuUsage()
      return [{ labels: {}, value: (user + system) / 1_000_000 }]
    },
  },
]

/** Returns what sets all of them: called once per scrape. */
export function registerGauges(registry: Registry): (snapshot: MetricsSnapshot) => void {
  const gauges = GAUGES.map(({ name, help, labels, read }) => {
    return {
      read,
      isBare: labels.length === 0,
      gauge: new Gauge({ name, help, labelNames: [...labels], registers: [registry] }),
    }
  })
  return (snapshot) => {
    for (const { read, isBare, gauge } of gauges) {
      // What is gone (a gate that holds nobody any more) must not be shown for ever after.
      gauge.reset()
      const samples = read(snapshot)
      for (const { labels, value } of samples) gauge.set({ ...labels }, value)
      if (isBare && samples.length === 0) gauge.remove()
    }
  }
}

function flag(name: string, help: string, is: (snapshot: MetricsSnapshot) => boolean): GaugeSpec {
  return { name, help, labels: [], read: (snapshot) => [{ labels: {}, value: Number(is(snapshot)) }] }
}

function samplesOf(label: string, counts: ReadonlyMap<string, number>): readonly Sample[] {
  return [...counts].map(([key, value]) => ({ labels: { [label]: key }, value }))
}
