import t, { type Test } from 'tap'
import { type Backtest, type BacktestDifference, backtest } from '../../src/backtest/backtest.ts'
import type { Outage } from '../../src/simulator/outage/outage.ts'
import { configOf, MINUTE, outageOf, play, shipped } from '../support/outage/play.ts'
import { recordDirectory, recordOutage } from '../support/record/record-outage.ts'

const START = Date.parse('2026-01-01T00:00:00Z')
const QUICK = configOf(
  'healthcheck: {worker: [{type: NodeCondition, params: {types: [Ready], unhealthyDuration: 10s}}, {type: NodeLease, params: {unhealthyDuration: 10s}}]}\n',
)

async function recordOf(t: Test, outage: Outage, options?: Parameters<typeof recordOutage>[2]): Promise<string> {
  const directory = recordDirectory(t)
  await recordOutage(outage, directory, options)
  return directory
}

function firstAct({ differences }: Backtest): BacktestDifference | undefined {
  return differences.find(({ recorded, other }) => recorded.do === 'act' || other.do === 'act')
}

const OUTAGES: Readonly<Record<string, Outage>> = {
  'a dead kubelet': outageOf(['what: kubelet, at: 10m, nodes: [w3]']),
  'a ladder climbed to its end': outageOf(['what: kubelet, at: 10m, nodes: [w3], cure: replace'], { lasts: '2h' }),
  'a rack without its network': outageOf(['what: network, at: 10m, for: 30m, nodes: {rack: 1}']),
  'all silent at once': outageOf(['what: network, at: 10m, for: 20m, nodes: {}']),
  'machines off in the midst of an API server that comes and goes': outageOf([
    'what: power, at: 10m, nodes: {rack: 2}',
    'what: heald-api, at: 12m, for: 4m',
    'what: api, at: 30m, for: 20s',
  ]),
  'a cloud that lies, and probes that see nothing': outageOf([
    'what: cloud-lies, at: 5m, for: 40m, nodes: {rack: 1}, says: off',
    'what: runtime, at: 10m, nodes: [w3, w20]',
    'what: heald-nodes, at: 8m, for: 30m',
  ]),
  'somebody else at work': outageOf([
    'what: cordon, at: 9m, nodes: [w3]',
    'what: autoscaler, at: 9m, nodes: [w4]',
    'what: kubelet, at: 10m, nodes: [w3, w4, w5]',
    'what: uncordon, at: 20m, nodes: [w3]',
  ]),
}

for (const [title, outage] of Object.entries(OUTAGES)) {
  t.test(`the same policy says the same of ${title}`, async (t) => {
    const record = await recordOf(t, outage)
    const { differences, lines, problems } = await backtest(record, configOf())
    t.same({ differences, problems }, { differences: [], problems: [] })
    t.ok(lines > 40, `${lines} lines`)
  })
}

for (const [title, outage] of Object.entries({
  'a dead kubelet': shipped('dead-kubelet'),
  'a rack': outageOf(['what: network, at: 10m, for: 30m, nodes: {rack: 1}']),
})) {
  t.test(`with shorter durations the first act is that of a simulation with them: ${title}`, async (t) => {
    const record = await recordOf(t, outage, { paceMs: 5_000 })
    const result = await backtest(record, QUICK)
    const act = firstAct(result)
    const played = await play(outage, { config: QUICK, paceMs: 5_000 })
    const opened = played.timeline.find(({ text }) => text.startsWith('RepairOpened'))
    t.match(act, {
      node: opened?.nodes[0],
      recorded: { do: 'nothing' },
      other: { do: 'act', rung: played.acts[0]?.rung },
    })
    const apart = Math.abs((act?.from ?? 0) - START - (opened?.at ?? 0))
    t.ok(apart <= 1_000, `${apart} ms apart`)
    t.ok((act?.from ?? 0) < START + 11 * MINUTE, 'long before the one that was recorded')
  })
}

t.test('what comes after the first act of one of the two is marked', async (t) => {
  const record = await recordOf(t, outageOf(['what: kubelet, at: 10m, nodes: [w3, w20]']))
  const { differences } = await backtest(record, QUICK)
  const first = differences.findIndex(({ recorded, other }) => recorded.do === 'act' || other.do === 'act')
  t.ok(first >= 0 && first < differences.length - 1)
  for (const [index, { from, afterAct }] of differences.entries()) {
    t.equal(afterAct, from > (differences[first]?.from ?? 0), `difference ${index}`)
  }
})

t.test('an act that the other policy would not have done is told, however soon it ended', async (t) => {
  const record = await recordOf(t, outageOf(['what: kubelet, at: 10m, nodes: [w3]']))
  const result = await backtest(record, configOf('workerMonitorEnabled: false\n'))
  t.match(firstAct(result), { node: 'w3', recorded: { do: 'act', rung: 'reboot-soft' }, other: { do: /nothing|hold/ } })
})

t.test('a ladder without the rung: another rung is told, at the moment of the act', async (t) => {
  const record = await recordOf(t, outageOf(['what: kubelet, at: 10m, nodes: [w3]']))
  const result = await backtest(record, configOf('ladder: {worker: [{rung: start}, {rung: reboot-hard}]}\n'))
  t.match(firstAct(result), { recorded: { rung: 'reboot-soft' }, other: { rung: 'reboot-hard' } })
})
