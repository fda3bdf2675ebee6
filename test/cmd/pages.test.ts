import { stripVTControlCharacters } from 'node:util'
import t from 'tap'
import { headlineOf } from '../../cmd/cli/screen/headline.ts'
import { StatusPage } from '../../src/api/pages.ts'
import { decide } from '../../src/core/decide.ts'
import { explain } from '../../src/core/explain/explain.ts'
import { renderExplanation } from '../../src/core/explain/render.ts'
import { statusOf } from '../../src/daemon/reporting/snapshot.ts'
import { servePages } from '../support/cli/pages.ts'
import { runCli } from '../support/cli/terminal.ts'
import {
  CALENDAR,
  failing,
  HOUR,
  MINUTE,
  masters,
  NOW,
  node,
  oneBrokenWorker,
  policy,
  repair,
  suspicion,
  switches,
  view,
  workers,
} from '../support/pure/view.ts'
import { serve } from '../support/serve.ts'

const pausedView = oneBrokenWorker({
  switches: switches({ paused: { reason: 'network \u001b[31mmaintenance', until: CALENDAR + HOUR } }),
})
const broken = [...pausedView.suspicions.keys()][0]!

t.test('why prints what the leader says of the node, with the moments as durations', async (t) => {
  const { local } = await servePages(t, pausedView)
  const { code, out, err } = await runCli(['why', broken, '--url', `http://127.0.0.1:${local.port}`])
  t.same({ code, err }, { code: 0, err: '' })
  t.equal(out, renderExplanation(explain(broken, pausedView, policy()), { now: NOW }))
  t.match(out, /HOLD {2}Paused .*the cluster is paused for another 1h[\s\S]*changes in 1h/)
  t.notOk(out.includes('\u001b'), 'nothing steers the terminal')
})

t.test('why prints every gate of a healthy node on demand, and colours only where there are any', async (t) => {
  const well = view({ nodes: [...masters(3), ...workers(5)] })
  const { local } = await servePages(t, well)
  const args = ['why', 'w1', '--all', '--url', `http://127.0.0.1:${local.port}`]
  const { code, out } = await runCli(args)
  t.equal(code, 0)
  t.match(out, /w1: healthy/)
  t.match(out, /Quorum[\s\S]*Breaker|Breaker[\s\S]*Quorum/)
  const coloured = (await runCli(args, {}, { colours: true })).out
  t.ok(coloured.startsWith('\u001b[1m\u001b[32mw1: healthy\u001b'))
  t.equal(stripVTControlCharacters(coloured), out, 'nothing else changes')
})

t.test('why --output json is the page as it is, numbers that never come included', async (t) => {
  const clocks = [{ ...failing(6 * MINUTE), failingSince: Number.NEGATIVE_INFINITY }]
  const odd = view({ nodes: workers(9), suspicions: [suspicion('w1', clocks)] })
  const { local } = await servePages(t, odd)
  const { code, out } = await runCli(['why', 'w1', '-o', 'json', '--url', `http://127.0.0.1:${local.port}/`])
  t.equal(code, 0)
  t.match(JSON.parse(out), { node: 'w1', gates: Array, checks: [{ failingForMs: null }] })
  t.equal((await runCli(['why', 'w1', '--url', `http://127.0.0.1:${local.port}`])).code, 0)
})

t.test('a node that heald does not know is wrong use, as text and as JSON', async (t) => {
  const { local } = await servePages(t, pausedView)
  const url = `http://127.0.0.1:${local.port}`
  const text = await runCli(['why', 'worker-77', '--url', url])
  t.same({ code: text.code, out: text.out }, { code: 2, out: '' })
  t.match(text.err, /heald why: worker-77: heald sees no node of this name[\s\S]*kubectl get nodes/)
  const json = await runCli(['why', 'worker-77', '--url', url, '-o', 'json'])
  t.equal(json.code, 2)
  t.match(JSON.parse(json.out), { kind: 'unknown-node' })
})

t.test('status shows leader, switches, nodes by state, suspects with what holds them, and open repairs', async (t) => {
  const nodes = [...masters(3), ...workers(9), node('gpu-1', { pool: 'gpu' })]
  const seen = view({
    nodes,
    suspicions: [suspicion('w1', [failing(6 * MINUTE)]), suspicion('w2', [failing(7 * MINUTE)])],
    repairs: [repair('w2', { phase: 'Soaking', rung: 'reboot-soft' })],
    switches: switches({
      dryRun: true,
      pools: new Map([['gpu', { reason: 'drivers', until: undefined }]]),
      nodes: new Map([['w8', { reason: 'disk', until: CALENDAR + HOUR }]]),
    }),
  })
  const { local } = await servePages(t, seen)
  const url = `http://127.0.0.1:${local.port}`
  const { code, out, err } = await runCli(['status', '--url', url])
  t.same({ code, err }, { code: 0, err: '' })
  t.match(out, /^DRY-RUN: HELD: w1 by Identity\n\nheald +1\.2\.3\nleader +master-1_abc, epoch 7\n/)
  t.match(
    out,
    /switches +DRY-RUN; pool gpu PAUSED until a person resumes it: drivers; node w8 PAUSED until 2026-\S+ \(in 1h\): disk/,
  )
  t.match(out, /ROLE +STATE +NODES\nmaster +healthy +3\n/)
  t.match(out, /SUSPECT +VERDICT +NEXT RUNG +HELD BY\n[\s\S]*w1 +hold +reboot-soft +\S+: /)
  t.match(out, /REPAIR +NODE +PHASE +RUNG +ATTEMPTS +REASON\n\S+ +w2 +Soaking +reboot-soft/)
  const json = JSON.parse((await runCli(['status', '--url', url, '-o', 'json'])).out)
  t.match(json, { version: '1.2.3', leader: { epoch: 7 }, switches: { dryRun: true }, repairs: [{ node: 'w2' }] })
})

t.test('status of a quiet cluster says that nothing is wrong', async (t) => {
  const { local } = await servePages(t, view({ nodes: workers(3) }))
  const { out } = await runCli(['status', '--url', `http://127.0.0.1:${local.port}`])
  t.match(out, /^OK: 3 nodes healthy, nothing to do\n/)
  t.match(out, /switches +nothing is paused\nsight +clear, /)
  t.match(out, /no node fails a check\n\nno repair is open\n$/)
})

t.test('a heald that knows nothing yet is asked again later', async (t) => {
  const { local } = await servePages(t, undefined)
  const url = `http://127.0.0.1:${local.port}`
  const why = await runCli(['why', 'w1', '--url', url])
  t.same({ code: why.code, out: why.out }, { code: 75, out: '' })
  t.match(why.err, /not ready yet: nothing is known yet/)
  t.equal((await runCli(['status', '--url', url])).code, 75)
})

t.test('the address of the probes, and of something else, is named as the mistake that it is', async (t) => {
  const { public: probes } = await servePages(t, pausedView)
  const wrongPort = await runCli(['status', '--url', `http://${probes.host}:${probes.port}`])
  t.equal(wrongPort.code, 2)
  t.match(wrongPort.err, /404: \/status is served on the local address only/)
  const other = await serve(t, (_, response) => void response.end('{"hello": "world"}'))
  const { code, err } = await runCli(['why', 'w1', '--url', other])
  t.equal(code, 2)
  t.match(err, /that is no answer of a heald of this version: is the address right\?/)
})

t.test('nobody at the address is 75, and no password in it is ever repeated', async (t) => {
  const nobody = await runCli(['status', '--url', 'http://127.0.0.1:1'])
  t.equal(nobody.code, 75)
  t.match(nobody.err, /heald at http:\/\/127.0.0.1:1: connect ECONNREFUSED/)
  const secret = await runCli(['status', '--url', 'http://me:zebra77hunter@127.0.0.1:1'])
  t.equal(secret.code, 2)
  t.notMatch(secret.err, /zebra/)
})

t.test('the first line of status is what matters most', async (t) => {
  const page = statusOf(
    {
      view: view({ nodes: workers(3) }),
      decision: decide(view({ nodes: workers(3) }), policy()),
      election: { leading: true, epoch: 7, highestEpoch: 7, holder: 'm1_a', renewedAt: 0, standingAside: false },
      configLastGoodAt: CALENDAR - MINUTE,
      configTrouble: undefined,
      provider: 'docker',
    },
    { error: undefined },
    '1.2.3',
  )
  const says = (change: object) => headlineOf(StatusPage.parse({ ...page, ...change }))
  const suspect = (name: string, verdict: string) => ({ node: name, verdict, heldBy: [] })
  const held = (name: string) => ({ ...suspect(name, 'hold'), heldBy: [{ gate: 'Breaker', reason: '', message: '' }] })
  t.equal(says({}), 'OK: 3 nodes healthy, nothing to do')
  t.equal(says({ suspects: [suspect('w1', 'watch')] }), 'WATCHING: 1 of 3 nodes fails a check, none is due yet')
  const both = { suspects: [suspect('w1', 'watch'), suspect('w2', 'watch')] }
  t.equal(says(both), 'WATCHING: 2 of 3 nodes fail a check, none is due yet')
  const repairs = [{ name: 'r', node: 'w2', phase: 'Verifying', attempts: 1 }]
  t.equal(says({ suspects: [suspect('w2', 'repair')], repairs }), 'REPAIRING: w2 (Verifying)')
  const five = ['w1', 'w2', 'w3', 'w4', 'w5'].map(held)
  t.equal(says({ suspects: five, repairs }), 'HELD: w1 by Breaker, w2 by Breaker, w3 by Breaker and 2 more')
  const sight = {
    ...page.sight,
    blindSince: new Date(CALENDAR - MINUTE).toISOString(),
    blindSource: 'the watch of nodes',
  }
  t.equal(says({ suspects: five, sight }), 'BLIND: the watch of nodes has said nothing for 1m')
  t.match(says({ sight: { ...page.sight, ledger: 'no CRD' } }), /^STANDS STILL: repairs can't be recorded: no CRD$/)
  t.match(says({ sight: { ...page.sight, cloud: 'none' } }), /^STANDS STILL: no cloud is configured/)
  const dry = { ...page.switches, dryRun: true }
  t.match(says({ switches: dry, sight: { ...page.sight, cloud: 'none' } }), /^DRY-RUN: OK: 3 nodes healthy/)
  const paused = { reason: 'upgrade', until: 'resumed' }
  t.match(says({ switches: { ...page.switches, paused }, sight }), /^STANDS STILL: the cluster is paused: upgrade$/)
  t.match(says({ switches: { ...page.switches, stopFile: true, paused } }), /^STANDS STILL: there is a stop file/)
  t.match(says({ leader: { leading: false, holder: 'm2_b' } }), /^OBSERVES: m2_b leads; /)
  t.match(says({ leader: { leading: false } }), /^NOBODY LEADS/)
})

t.test('a long reason goes on below itself on a narrow terminal', async (t) => {
  const { local } = await servePages(t, pausedView)
  const { out } = await runCli(['status', '--url', `http://127.0.0.1:${local.port}`], {}, { columns: 80 })
  const lines = out.slice(out.indexOf('SUSPECT')).split('\n')
  t.ok(lines.length > 3)
  t.ok(lines.every((line) => line.length <= 80))
})

t.test('status --watch shows it again when it says something else, and a silent moment ends nothing', async (t) => {
  let now = view({ nodes: workers(3) })
  const servers = await servePages(t, () => now)
  const interrupt = new AbortController()
  const printed: string[] = []
  const told: string[] = []
  const seen = () => new Promise<void>((resolve) => (wake = resolve))
  let wake = (): void => undefined
  const terminal = {
    interrupted: () => interrupt.signal,
    out: (text: string) => {
      printed.push(text)
      wake()
    },
    err: (text: string) => {
      told.push(text)
      wake()
    },
  }
  const url = `http://127.0.0.1:${servers.local.port}`
  const first = seen()
  const ran = runCli(['status', '--watch', '--url', url], {}, terminal)
  await first
  const second = seen()
  now = pausedView
  await second
  const third = seen()
  await servers.close()
  await third
  interrupt.abort()
  t.equal((await ran).code, 0)
  t.match(printed, [/^OK: 3 nodes healthy/, /^STANDS STILL: the cluster is paused/])
  t.match(told, [/ECONNREFUSED.*; still looking\n$/])
})
