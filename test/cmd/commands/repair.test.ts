import t, { type Test } from 'tap'
import { REQUEST_ANNOTATION, requestOf } from '../../../src/core/annotations/request.ts'
import type { View } from '../../../src/core/model/view.ts'
import type { EmbeddedApi } from '../../../src/simulator/api/server.ts'
import { cliStage } from '../../support/cli/cli-stage.ts'
import { servePages } from '../../support/cli/pages.ts'
import { requested } from '../../support/pure/requested.ts'
import { CALENDAR, oneBrokenWorker, type ViewParts, view, workers } from '../../support/pure/view.ts'

function annotationsOf(api: EmbeddedApi): Readonly<Record<string, string>> {
  return (api.store.get('nodes', 'w0')?.metadata.annotations ?? {}) as Readonly<Record<string, string>>
}

const asked = (api: EmbeddedApi) => requestOf({ annotations: annotationsOf(api) }, Date.now())

/** A leader that sees the annotation of the API's Node; `blind`: never. */
async function stage(t: Test, { blind = false, ...parts }: ViewParts & { readonly blind?: boolean } = {}) {
  const cli = await cliStage(t)
  cli.api.call('POST', '/api/v1/nodes', { metadata: { name: 'w0' } })
  const seen = (): View => {
    const found = asked(cli.api)
    if (blind || found.state !== 'valid') return view({ nodes: workers(10), ...parts })
    const suspicions = [{ ...requested('w0', found.request.rung), request: found.request }]
    return oneBrokenWorker({ ...parts, suspicions })
  }
  const { local } = await servePages(t, seen)
  const url = `http://${local.host}:${local.port}`
  return { ...cli, repair: (...args: readonly string[]) => cli.heald('repair', ...args, '--url', url), url }
}

t.test('a request is written on the Node, and what follows is printed at once', async (t) => {
  const { api, repair } = await stage(t)
  const { code, out } = await repair('w0', '--rung', 'reboot-hard', '--reason', 'INC-7:\n the fan', '--for', '15m')
  t.equal(code, 0)
  t.match(
    out,
    /^a person asks for reboot-hard until \S+: INC-7: the fan \(taken back by `heald repair w0 --cancel`\)\n\n/,
  )
  t.match(out, /\nw0: REPAIR: every gate says yes: a repair opens with reboot-hard\n/)
  const found = asked(api)
  t.match(found, { state: 'valid', request: { reason: 'INC-7: the fan', rung: 'reboot-hard' } })
  const until = found.state === 'valid' ? Date.parse(found.request.until) : 0
  t.ok(Math.abs(until - Date.now() - 15 * 60_000) < 60_000, 'it ends in 15 minutes')
})

t.test('gates that hold are named, and what would change the answer', async (t) => {
  const paused = new Map([['w0', { reason: 'INC-7', until: CALENDAR + 60_000 }]])
  const { repair } = await stage(t, { switches: { nodes: paused } })
  const { code, out } = await repair('w0', '--reason', 'the fan')
  t.equal(code, 0)
  t.match(out, /HELD by Paused; reboot-soft comes when nothing holds/)
  t.match(out, /HOLD +Paused +Paused: the node w0 is paused for another 1m: INC-7/)
})

t.test('a request can be taken back; a second time there is none', async (t) => {
  const { api, repair } = await stage(t)
  await repair('w0', '--reason', 'the fan')
  t.match(await repair('w0', '--cancel'), { code: 0, out: 'the request for w0 is taken back\n' })
  t.notOk(REQUEST_ANNOTATION in annotationsOf(api))
  t.match(await repair('w0', '--cancel', '-o', 'json'), { code: 0, out: /"changed": false/ })
})

t.test('a leader that has not seen it yet is told of', async (t) => {
  const { repair } = await stage(t, { blind: true })
  const { code, out } = await repair('w0', '--reason', 'the fan')
  t.equal(code, 0)
  t.match(out, /\nheald does not act by it yet: heald why w0\n$/)
})

t.test('a context that the kubeconfig does not have exits 2 and names those that it has', async (t) => {
  const { api, repair } = await stage(t)
  const { code, err } = await repair('w0', '--reason', 'x', '--context', 'prod')
  t.equal(code, 2)
  t.match(err, /there is no context "prod"; there are: test/)
  t.same(annotationsOf(api), {})
})

t.test('the status names who asks for what', async (t) => {
  const { heald, repair, url } = await stage(t)
  await repair('w0', '--rung', 'reboot-hard', '--reason', 'the fan')
  const { out } = await heald('status', '--url', url)
  t.match(out, /\nREPAIR ASKED FOR +FROM RUNG +BY +ENDS IN +REASON\nw0 +reboot-hard +\S+ +the fan\n/)
})

const WRONG: readonly (readonly [what: string, args: readonly string[], says: RegExp])[] = [
  ['without a reason', ['w0'], /--reason TEXT says why/],
  ['with a reason too long', ['w0', '--reason', 'x'.repeat(201)], /201 characters, at most 200/],
  ['of a node that is not there', ['w77', '--reason', 'x'], /w77: heald sees no node of this name/],
  ['with a rung that is none', ['w0', '--reason', 'x', '--rung', 'reboot'], /Allowed choices are start, reboot-soft/],
  [
    'taken back with a reason',
    ['w0', '--cancel', '--reason', 'x'],
    /--cancel takes the request back: leave out the rest/,
  ],
  ['taken back of no node', ['w77', '--cancel'], /there is no Node w77/],
]

for (const [what, args, says] of WRONG) {
  t.test(`a request ${what} exits 2 and writes nothing`, async (t) => {
    const { api, repair } = await stage(t)
    const { code, err } = await repair(...args)
    t.equal(code, 2)
    t.match(err, says)
    t.same(annotationsOf(api), {})
  })
}

t.test('a rung that the ladder of the node does not have exits 2 and names those that it has', async (t) => {
  const { heald, api } = await stage(t)
  const { local } = await servePages(t, view({ nodes: workers(3) }), 'm', { ladder: ['reboot-hard'] })
  const url = `http://${local.host}:${local.port}`
  const { code, err } = await heald('repair', 'w0', '--reason', 'x', '--rung', 'reboot-soft', '--url', url)
  t.equal(code, 2)
  t.match(err, /--rung reboot-soft: the ladder of w0 does not have it; it has reboot-hard/)
  t.same(annotationsOf(api), {})
})
