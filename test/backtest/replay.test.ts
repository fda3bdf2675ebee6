import t from 'tap'
import { createReplay } from '../../src/backtest/replay.ts'
import type { RecordedVerdict, RecordLine } from '../../src/record/format.ts'
import { configOf } from '../support/outage/play.ts'

const SIGHT = {
  seeingSince: 0,
  skewMs: 0,
  repairsBehind: false,
  ledger: { usable: true, reason: 'Fences' },
  ownRenewalsFine: true,
  takerPresent: true,
  controlPlaneSeen: 1,
  unreadable: {},
}
const NODE = {
  uid: 'u',
  role: 'worker',
  pool: 'worker',
  deleting: false,
  unschedulable: false,
  labels: {},
  annotations: {},
  createdAt: 0,
} as const

type Line = Exclude<RecordLine, { is: 'header' | 'begin' }>

const ready = (status: 'True' | 'False' | 'Unknown') => ({ type: 'Ready', status, reason: 'Said' })
const nodeLine = (at: number, name: string, status: 'True' | 'False' | 'Unknown' = 'True'): Line => ({
  ...{ is: 'node', at, name },
  node: { ...NODE, name, taints: [], conditions: [ready(status)] },
})
const picture = (at: number, ...seeds: readonly Line[]): readonly Line[] => [
  { is: 'sight', at, sight: SIGHT },
  ...seeds,
  ...['w0', 'w1', 'w2'].map((name) => nodeLine(at, name)),
  { is: 'policy', at, hash: '', rules: {} },
]

/** Every verdict in words as it changes, with its moment in seconds. */
function saidOf(text: string, lines: readonly Line[], beginAt = 100_000): readonly string[] {
  const said: string[] = []
  let last = ''
  const begin = { is: 'begin', at: beginAt, calendar: 1e12, seeingSince: 0 } as const
  const heard = (verdicts: ReadonlyMap<string, RecordedVerdict>): void => {
    const now = [...verdicts].map(([node, { kind, reason = '' }]) => `${node} ${kind} ${reason}`.trim()).join(', ')
    if (now !== last) said.push(`${replay.past.clock.now() / 1_000} ${now}`.trim())
    last = now
  }
  const replay = createReplay(begin, configOf(text), heard)
  for (const line of lines) replay.take(line)
  return said
}

const endpoint = (unhealthy: string): string =>
  `healthcheck: {worker: [{type: Endpoint, params: {port: 6443, unhealthyDuration: ${unhealthy}}}]}\n`
const answer = (at: number, status: 'pass' | 'fail'): Line => ({
  ...{ is: 'finding', at, node: 'w1', check: 'Endpoint' },
  finding: { status, reason: 'Told', seenAt: at - 500 },
})
const END: Line = { is: 'round', at: 900_000, calendar: 1e12 + 800_000, verdicts: {} }

t.test(
  'a node is judged at the moment at which it changed, and due when the policy that is asked says so',
  async (t) => {
    const check = 'healthcheck: {worker: [{type: NodeCondition, params: {types: [Ready], unhealthyDuration: 30s}}]}\n'
    const said = saidOf(check, [...picture(100_000), nodeLine(130_250, 'w1', 'False'), END])
    t.match(said, ['131.25 w1 watch NotYet', /^160\.25 w1 hold /])
  },
)

t.test('what a check that asks was told is counted from when it was told', async (t) => {
  const lines = [...picture(100_000), answer(130_000, 'fail'), answer(160_000, 'fail'), END]
  t.match(saidOf(endpoint('20s'), lines), ['131 w1 watch NotYet', /^149\.5 w1 (hold|repair)/])
  t.same(saidOf('workerMonitorEnabled: false\n', lines), [], 'who does not ask does not hear')
})

t.test('who passed when he was no suspect any more passes on', async (t) => {
  const look = (at: number, is: 'seen' | 'gone'): Line => ({
    ...{ is: 'look', at, node: 'w1' },
    look: is === 'seen' ? {} : null,
  })
  const once = [answer(130_000, 'fail'), look(130_000, 'seen'), answer(160_000, 'pass'), look(161_000, 'gone')]
  const again = [look(400_000, 'seen'), answer(400_000, 'fail')]
  const said = saidOf(endpoint('5m, healthyDuration: 2m'), [...picture(100_000), ...once, ...again, END])
  t.match(said.at(-1), /^699\.5 w1 (hold|repair)/, 'the first failure was over long before')
})

t.test('a clock that ran before the record goes on', async (t) => {
  const seed: Line = {
    ...{ is: 'clock', at: 100_000, node: 'w1', role: 'worker', check: 'Endpoint', failingSince: 40_000 },
    finding: { status: 'fail', reason: 'Told', seenAt: 95_000 },
  }
  const said = saidOf(endpoint('3m'), [...picture(100_000, seed), answer(150_000, 'fail'), END])
  t.match(said, ['101 w1 watch NotYet', /^220 w1 (hold|repair)/])
})

t.test('while its writer was blind, nothing is judged, and every clock begins anew', async (t) => {
  const blind = { ...SIGHT, blindSince: 140_000, blindSource: 'the watch of nodes' }
  const lines: readonly Line[] = [
    ...picture(100_000),
    nodeLine(130_000, 'w1', 'False'),
    { is: 'sight', at: 171_000, sight: blind },
    { is: 'sight', at: 400_000, sight: { ...SIGHT, seeingSince: 400_000 } },
    END,
  ]
  const said = saidOf('healthcheck: {worker: [{type: NodeCondition, params: {unhealthyDuration: 3m}}]}\n', lines)
  t.match(said, [
    '131 w1 watch NotYet',
    '172 w1 watch Blind',
    '310 w1 hold Blind',
    '401 w1 watch NotYet',
    /^580 w1 (hold|repair)/,
  ])
})

t.test('a silent node is judged when its lease is too old, and not when the next line comes', async (t) => {
  const silent: Line = { is: 'beats', at: 115_000, polled: true, beats: { w1: 102_000 } }
  const check = 'healthcheck: {worker: [{type: NodeLease, params: {maxAge: 33s, unhealthyDuration: 10m}}]}\n'
  t.same(saidOf(check, [...picture(100_000), silent, END]).slice(0, 1), ['135.001 w1 watch NotYet'])
})

t.test('a record that leaps by centuries is read in no time', async (t) => {
  const lines = [...picture(100_000), answer(130_000, 'fail'), { ...END, at: 1e13 }]
  const startedAt = process.cpuUsage().user
  t.match(saidOf(endpoint('20s'), lines), ['131 w1 watch NotYet', /^149\.5 w1 (hold|repair)/])
  t.ok(process.cpuUsage().user - startedAt < 2e6)
})
