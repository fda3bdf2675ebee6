import t from 'tap'
import { createMetrics } from '../../src/telemetry/metrics.ts'
import { renderMetricsDoc } from '../../src/telemetry/metrics-doc.ts'
import type { MetricsSnapshot } from '../../src/telemetry/snapshot.ts'

const quiet: MetricsSnapshot = {
  nodes: [
    { role: 'master', state: 'healthy', count: 3 },
    { role: 'worker', state: 'hold', count: 2 },
  ],
  repairs: new Map([['Acting', 1]]),
  holds: new Map([['Quorum', 2]]),
  requests: 1,
  missing: new Map([['NeverJoined', 1]]),
  blind: new Map([
    ['nodes', false],
    ['cloud', true],
  ]),
  leading: true,
  epoch: 7,
  paused: false,
  dryRun: true,
  configLastGoodAt: 1_700_000_000_500,
  configKept: true,
}

t.test('gauges show the picture at the moment of the scrape', async (t) => {
  let snapshot = quiet
  const metrics = createMetrics(() => snapshot)
  const { body: first, contentType } = await metrics.scrape()
  t.match(contentType, /^text\/plain; version=0\.0\.4/)
  for (const line of [
    'heald_nodes{role="master",state="healthy"} 3',
    'heald_nodes{role="worker",state="hold"} 2',
    'heald_repairs_open{phase="Acting"} 1',
    'heald_hold{gate="Quorum"} 2',
    'heald_sight_blind{source="nodes"} 0',
    'heald_sight_blind{source="cloud"} 1',
    'heald_leader 1',
    'heald_leader_epoch 7',
    'heald_paused 0',
    'heald_dry_run 1',
    'heald_config_last_good_timestamp_seconds 1700000000.5',
    'heald_config_kept 1',
  ]) {
    t.ok(first.split('\n').includes(line), line)
  }
  snapshot = {
    ...quiet,
    holds: new Map(),
    repairs: new Map(),
    leading: false,
    epoch: undefined,
    configLastGoodAt: undefined,
  }
  const { body: second } = await metrics.scrape()
  t.match(second, /^heald_leader 0$/m)
  t.notMatch(second, /^heald_hold\{/m, 'a gate that holds nobody any more is not shown')
  t.notMatch(second, /^heald_repairs_open\{/m)
  t.notMatch(second, /^heald_leader_epoch \d/m)
  t.notMatch(second, /^heald_config_last_good_timestamp_seconds \d/m)
})

t.test('what happens is counted under its labels', async (t) => {
  const metrics = createMetrics(() => quiet)
  metrics.notice({ level: 'warn', reason: 'LeaseLost', message: 'x' })
  metrics.notice({ level: 'warn', reason: 'LeaseLost', message: 'y' })
  metrics.repair({ outcome: 'Succeeded', role: 'worker', rung: 'reboot-hard', durationMs: 250_000 })
  metrics.attempt('reboot-hard', 'Verified')
  metrics.apiRequest('list', 'nodes', 200)
  metrics.apiRequest('list', 'nodes', 0)
  metrics.decided(1.5)
  metrics.configError()
  const text = (await metrics.registry.metrics()).split('\n')
  for (const line of [
    'heald_notices_total{reason="LeaseLost",level="warn"} 2',
    'heald_repairs_total{outcome="Succeeded",role="worker",rung="reboot-hard"} 1',
    'heald_repair_duration_seconds_bucket{le="300",outcome="Succeeded"} 1',
    'heald_repair_duration_seconds_bucket{le="120",outcome="Succeeded"} 0',
    'heald_attempts_total{rung="reboot-hard",state="Verified"} 1',
    'heald_api_requests_total{verb="list",resource="nodes",code="200"} 1',
    'heald_api_requests_total{verb="list",resource="nodes",code="0"} 1',
    'heald_decide_seconds_bucket{le="0.002"} 1',
    'heald_decide_seconds_bucket{le="0.001"} 0',
    'heald_config_errors_total 1',
  ]) {
    t.ok(text.includes(line), line)
  }
})

t.test('two sets of metrics do not know of each other', async (t) => {
  const [a, b] = [createMetrics(() => quiet), createMetrics(() => quiet)]
  a.configError()
  t.match(await b.registry.metrics(), /^heald_config_errors_total 0$/m)
})

t.test('the page of documentation names every metric and explains every label', async (t) => {
  const { registry } = createMetrics(() => quiet)
  const doc = renderMetricsDoc(registry)
  const served = [...(await registry.metrics()).matchAll(/^# TYPE (\S+) (\S+)$/gm)]
  t.ok(served.length >= 15)
  for (const [, name, type] of served) t.match(doc, `| \`${name}\` | ${type} |`)
  t.notMatch(doc, /\| +\|$/m, 'no label and no metric without a meaning')
  t.match(doc, '| `heald_hold` | gauge | `gate` | Nodes that this gate holds back now |')
  t.equal(renderMetricsDoc(createMetrics(() => quiet).registry), doc, 'the same every time')
})
