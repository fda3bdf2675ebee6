import t from 'tap'
import { parse } from 'yaml'
import type { Ledger } from '../../../src/core/ports/ledger.ts'
import { createLedger } from '../../../src/kube/store/repairs.ts'
import { startEmbeddedApi } from '../../../src/simulator/api/server.ts'
import { cliStage } from '../../support/cli/cli-stage.ts'
import { writeKubeconfig } from '../../support/cli/kubeconfig.ts'
import { runCli } from '../../support/cli/terminal.ts'
import { httpTo } from '../../support/kube/api.ts'
import { attempt, spec, status } from '../../support/kube/repairs.ts'

const { signal } = new AbortController()

async function twoRepairs(ledger: Ledger): Promise<void> {
  const attempts = [attempt(1, { rung: 'reboot-soft', state: 'Failed' }), attempt(2, { state: 'Verified' })]
  const ended = { phase: 'Succeeded', reason: 'Recovered', attempts } as const
  await ledger.writeStatus(await ledger.create('worker-1-a-1', spec(), signal), status(ended), signal)
  await ledger.create('worker-2-b-1', spec({ nodeName: 'worker-2' }), signal)
}

t.test('history lists every repair with node, phase, rungs tried, reason, duration and age', async (t) => {
  const { ledger, heald } = await cliStage(t)
  await twoRepairs(ledger)
  const { code, out } = await heald('history')
  t.equal(code, 0)
  t.match(out, /^REPAIR +NODE +PHASE +RUNGS TRIED +REASON +DURATION +AGE\n/)
  const success =
    /\nworker-1-a-1 +worker-1 +Succeeded +reboot-soft \(Failed\), reboot-hard \(Verified\) +Recovered +1h +\d+m?s\n/
  t.match(out, success)
  t.match(out, /\nworker-2-b-1 +worker-2 +Pending +- +\d+m?s +\d+m?s\n/)
})

t.test('history of a node lists its repairs only', async (t) => {
  const { ledger, heald } = await cliStage(t)
  await twoRepairs(ledger)
  const { out } = await heald('history', 'worker-1')
  t.equal(out.trimEnd().split('\n').length, 2)
  t.match(out, /worker-1-a-1/)
  t.match(await heald('history', 'worker-3'), { code: 0, out: 'no repair of node worker-3 is kept\n' })
})

t.test('only open ones, only young ones, only so many', async (t) => {
  const { ledger, heald } = await cliStage(t)
  t.equal((await heald('history', '--open')).out, 'no open repair is kept\n')
  await twoRepairs(ledger)
  const names = async (...args: string[]) => (await heald('history', '-o', 'name', ...args)).out.trim().split('\n')
  t.same((await names()).sort(), ['noderepair.heald.dev/worker-1-a-1', 'noderepair.heald.dev/worker-2-b-1'])
  t.same(await names('--open'), ['noderepair.heald.dev/worker-2-b-1'])
  t.equal((await names('--limit', '1')).length, 1)
  t.equal((await names('--since', '1h')).length, 2)
  t.equal((await names('--limit', '9', 'worker-1')).length, 1)
  t.match(await heald('history', '--limit', '0'), { code: 2, err: /expected a number from 1 on/ })
})

t.test('wide shows where it was and what was told; YAML holds what JSON holds', async (t) => {
  const { ledger, heald } = await cliStage(t)
  await twoRepairs(ledger)
  t.match((await heald('history', '-o', 'wide')).out, /^REPAIR .* AGE +ROLE +POOL +ZONE +MESSAGE\n.* worker +/)
  const { out } = await heald('history', '-o', 'yaml', 'worker-1')
  t.match(parse(out), { repairs: [{ name: 'worker-1-a-1', durationSeconds: 3_600 }], unreadable: [] })
})

t.test('as JSON: every fact, and a list even when it is empty', async (t) => {
  const { ledger, heald } = await cliStage(t)
  t.same(JSON.parse((await heald('history', '-o', 'json')).out), { repairs: [], unreadable: [] })
  await twoRepairs(ledger)
  const { repairs } = JSON.parse((await heald('history', '-o', 'json', 'worker-1')).out)
  t.equal(repairs.length, 1)
  t.match(repairs[0], {
    name: 'worker-1-a-1',
    node: 'worker-1',
    phase: 'Succeeded',
    open: false,
    attempts: [
      { rung: 'reboot-soft', state: 'Failed' },
      { rung: 'reboot-hard', state: 'Verified' },
    ],
    durationSeconds: 3_600,
  })
})

t.test('the newest comes first', async (t) => {
  let wall = Date.parse('2026-11-21T00:00:00Z')
  const clock = { now: () => performance.now(), wall: () => wall, sleep: async () => undefined }
  const api = await startEmbeddedApi({ clock })
  t.teardown(() => api.stop())
  const ledger = createLedger({ http: await httpTo({ apiHost: api.url }) })
  for (const name of ['b', 'c', 'a']) {
    await ledger.create(name, spec(), signal)
    wall += 60_000
  }
  const { out } = await runCli(['history', '--kubeconfig', writeKubeconfig(t.testdir(), api.url)])
  const names = out.split('\n').slice(1, 4)
  t.same(
    names.map((line) => line.split(' ')[0]),
    ['a', 'c', 'b'],
  )
  t.match(names[2], / 3m(1s)?$/, "ages go by the API server's clock, not by ours")
})

t.test('a repair that can not be read is named rather than hidden, and steers no terminal', async (t) => {
  const { api, ledger, heald } = await cliStage(t)
  await twoRepairs(ledger)
  const hostile = { ...spec({ nodeName: 'w\u001b[2Jx' }), provider: 'docker' }
  api.call('POST', '/apis/heald.dev/v1alpha1/noderepairs', {
    apiVersion: 'heald.dev/v1alpha1',
    kind: 'NodeRepair',
    metadata: { name: 'hostile' },
    spec: hostile,
  })
  const { out } = await heald('history')
  t.match(out, /hostile +w \[2Jx/)
  t.notOk(out.includes('\u001b'))
  const stored = api.store.get('noderepairs', 'worker-2-b-1')!
  api.store.put('noderepairs', 'worker-2-b-1', { ...stored, spec: { nodeName: 'worker-2' } })
  const broken = await heald('history')
  t.equal(broken.code, 0)
  t.match(broken.out, /unreadable: worker-2-b-1: spec\.\S+: .*: mend or delete it/)
  t.match(JSON.parse((await heald('history', '-o', 'json')).out).unreadable, [
    { name: 'worker-2-b-1', node: 'worker-2' },
  ])
})

t.test('a cluster without the CRD is told what to install', async (t) => {
  const { api, heald } = await cliStage(t)
  api.call('DELETE', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/noderepairs.heald.dev')
  t.match(await heald('history'), { code: 2, out: '', err: /install heald's CRD: kubectl apply -f manifests/ })
})
