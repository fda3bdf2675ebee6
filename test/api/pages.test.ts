import t from 'tap'
import { StatusPage, WhyPage } from '../../src/api/pages.ts'
import { decide } from '../../src/core/decide.ts'
import type { View } from '../../src/core/model/view.ts'
import { statusOf } from '../../src/daemon/reporting/snapshot.ts'
import { servePages } from '../support/cli/pages.ts'
import {
  CALENDAR,
  failing,
  HOUR,
  instance,
  MINUTE,
  masters,
  node,
  policy,
  repair,
  sight,
  suspicion,
  switches,
  view,
  workers,
} from '../support/pure/view.ts'

const paused = { reason: 'disk', until: CALENDAR + HOUR }
const views: Readonly<Record<string, View>> = {
  'a quiet cluster': view({ nodes: workers(3) }),
  'a cluster with all there is to tell': view({
    nodes: [...masters(3), ...workers(9), node('gpu-1', { pool: 'gpu' })],
    suspicions: [suspicion('w1', [failing(6 * MINUTE)]), suspicion('w2', [failing(7 * MINUTE)])],
    instances: { w1: instance('w1') },
    repairs: [
      repair('w2', { phase: 'Soaking', rung: 'reboot-soft' }),
      repair('w3', { phase: 'Parked', rung: 'replace' }),
    ],
    sight: sight({
      blindSince: CALENDAR,
      blindSource: 'the watch of nodes',
      cloud: { downSince: 0, reason: 'CloudUnavailable', message: 'no answer' },
      ledger: { usable: false, reason: 'LedgerMissing' },
    }),
    switches: switches({
      dryRun: true,
      stopped: true,
      paused,
      pools: new Map([['gpu', { reason: 'drivers', until: undefined }]]),
      nodes: new Map([['w8', paused]]),
      cloud: { on: false, reason: 'a person' },
    }),
  }),
}

for (const [title, seen] of Object.entries(views)) {
  t.test(`the schema of the command line knows every field that the server answers of ${title}`, async (t) => {
    const { local } = await servePages(t, seen)
    const url = `http://${local.host}:${local.port}`
    const status: unknown = await (await fetch(`${url}/status`)).json()
    t.same(StatusPage.parse(status), { ...Object(status), config: { ...Object(status).config, afterRestart: [] } })
    for (const name of [...seen.nodes.keys(), 'nobody']) {
      const response = await fetch(`${url}/why/${name}`, { headers: { accept: 'application/json' } })
      const why: unknown = await response.json()
      t.same(WhyPage.parse(why), why, name)
    }
  })
}

t.test('a configuration refused, or in force only after a restart, is in the status', (t) => {
  const seen = view({ nodes: workers(3) })
  const election = {
    leading: false,
    epoch: undefined,
    highestEpoch: undefined,
    holder: undefined,
    renewedAt: undefined,
    standingAside: true,
  }
  const known = {
    view: seen,
    decision: decide(seen, policy()),
    election,
    configLastGoodAt: undefined,
    configTrouble: undefined,
    provider: 'docker',
  }
  const config = { error: 'file:1:2: no such key', afterRestart: ['cloud.type'] }
  const sent: unknown = JSON.parse(JSON.stringify(statusOf(known, config, '1.2.3')))
  t.same(StatusPage.parse(sent), sent)
  t.match(sent, { config, leader: { leading: false, standingAside: true } })
  t.end()
})
