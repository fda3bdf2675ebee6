import t from 'tap'
import { ConfigError } from '../../../src/config/load/config-error.ts'
import { loadOutage } from '../../../src/simulator/outage/load-outage.ts'

function mistakes(...events: readonly string[]): string {
  const lines = ['title: test', 'cluster: {workers: 3}', 'lasts: 1h', 'events:']
  try {
    loadOutage([...lines, ...events.map((event) => `  - {${event}}`)].join('\n'), 'f.yaml')
  } catch (thrown) {
    if (thrown instanceof ConfigError) return thrown.message
    throw thrown
  }
  return ''
}

t.test('times are milliseconds, and what is left out has its usual value', async (t) => {
  const text = 'title: t\ncluster: {workers: 3}\nlasts: 1h\nevents: [{what: network, at: 90s, nodes: [w0]}]'
  t.match(loadOutage(text, 'f.yaml'), {
    cluster: { masters: 3, workers: 3, zones: 1, racks: 1, zoneLabels: true },
    lasts: 3_600_000,
    events: [{ what: 'network', at: 90_000, nodes: ['w0'], every: 0, direction: 'both', loss: 1 }],
  })
})

t.test('each mistake is named with its line and column', async (t) => {
  t.equal(
    mistakes('what: network, at: 90, nodes: [w0]'),
    'f.yaml:5:21: events[0].at: got 90, expected a duration such as 30s, 5m or 1h30m',
  )
  t.match(
    mistakes('what: netwrok, at: 1m, nodes: [w0]'),
    /^f\.yaml:5:6: events\[0\]\.what: got "netwrok", expected one of/,
  )
  t.match(mistakes('what: kubelet, at: 1m, nodes: [w0], los: 1'), /^f\.yaml:5:42: events\[0\]\.los: unknown key/)
  t.equal(mistakes('what: api, at: 1m'), '')
})

t.test('a cluster has either workers or pools', async (t) => {
  const both = 'title: t\ncluster: {workers: 3, pools: []}\nlasts: 1h\nevents: []'
  t.throws(() => loadOutage(both, 'f.yaml'), { message: 'f.yaml:2:1: cluster: needs either workers or pools' })
})
