import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { PROVIDERS } from '../../../src/cloudprovider/registry.ts'
import type { DueOrder } from '../../../src/core/model/order.ts'
import type { CloudProvider } from '../../../src/core/ports/cloud-provider.ts'
import { testDeps } from '../../support/own/virsh-park.ts'
import { node } from '../../support/pure/view.ts'

const never = new AbortController().signal
const instance = { id: 'i-1', name: 'm' }
const order: DueOrder = { rung: 'start', repair: 'r', nodeName: 'n', nodeUID: 'u', instance, key: 'r/1' }

/** A provider whose program is this text of shell, and the folder that it lies in as $1. */
function withProgram(t: Test, text: string, options: object = {}): { cloud: CloudProvider; folder: string } {
  const folder = t.testdir({})
  const file = join(folder, 'cloud')
  writeFileSync(file, `#!/bin/sh\n${text}\n`)
  chmodSync(file, 0o755)
  const cloud = PROVIDERS.get('exec')!.create({ command: [file, folder], timeout: '9s', ...options }, testDeps)
  return { cloud, folder }
}

/** Each look says that the act comes next; `perform` ends as told. */
const acting = (perform: string): string => `case $(cat) in
  *'"call":"look"'*) echo '{"protocol":1,"answer":{"next":{"act":{"at":"on"},"first":"now"}}}' ;;
  *) ${perform} ;;
esac`

const ENDS: readonly (readonly [what: string, perform: string, effect: 'none' | 'maybe', kind: string])[] = [
  ['exit code 10', 'exit 10', 'none', 'unavailable'],
  [
    'exit code 10 with a kind',
    `echo '{"protocol":1,"error":{"kind":"conflict","message":"busy","retryAfterMs":5}}'; exit 10`,
    'none',
    'conflict',
  ],
  ['another exit code', 'echo oops >&2; exit 1', 'maybe', 'unavailable'],
  ['another exit code with a kind', `echo '{"error":{"kind":"throttled"}}'; exit 3`, 'maybe', 'throttled'],
  ['a signal', 'kill -9 $$', 'maybe', 'unavailable'],
  ['no JSON', 'echo done', 'maybe', 'unavailable'],
  ['an answer without the version', `echo '{"answer":{}}'`, 'maybe', 'unavailable'],
  ['an answer of another version', `echo '{"protocol":2,"answer":{}}'`, 'maybe', 'unavailable'],
  ['an answer of another shape', `echo '{"protocol":1,"answer":{"cursor":7}}'`, 'maybe', 'unavailable'],
  ['no words at all', 'exit 0', 'maybe', 'unavailable'],
  ['too many words', 'head -c 100000 /dev/zero', 'maybe', 'unavailable'],
]
for (const [what, perform, effect, kind] of ENDS) {
  t.test(`an act that ends with ${what}: effect ${effect}`, async (t) => {
    const { cloud } = withProgram(t, acting(perform))
    await t.rejects(cloud.step([order], undefined, never), { name: 'ProviderError', kind, effect })
  })
}

t.test('an act that is answered is looked at again, and a look says when it is done', async (t) => {
  const { cloud } = withProgram(t, acting(`echo '{"protocol":1,"answer":{}}'`), { settle: '7s' })
  t.same(await cloud.step([order], undefined, never), { state: 'running', cursor: { at: 'on' }, againMs: 7_000 })
  const done = withProgram(t, `echo '{"protocol":1,"answer":{"next":{"state":"done"}}}'`)
  t.same(await done.cloud.step([order], { at: 'on' }, never), { state: 'done' })
})

t.test('a program that is not there, and a look that fails in any way, have changed nothing', async (t) => {
  const missing = PROVIDERS.get('exec')!.create({ command: ['/nowhere/cloud'] }, testDeps)
  await t.rejects(missing.step([order], undefined, never), {
    name: 'ProviderError',
    kind: 'unavailable',
    effect: 'none',
  })
  for (const text of ['exit 1', 'kill -9 $$', 'echo {}', `echo '{"protocol":1,"answer":{"power":"on"}}'`]) {
    const { cloud } = withProgram(t, text)
    await t.rejects(
      cloud.inspect(instance, never),
      { name: 'ProviderError', kind: 'unavailable', effect: 'none' },
      text,
    )
    await t.rejects(
      cloud.locate(node('a'), never),
      { name: 'ProviderError', kind: 'unavailable', effect: 'none' },
      text,
    )
    await t.rejects(cloud.step([order], undefined, never), { name: 'ProviderError', effect: 'none' }, text)
  }
})

t.test('what takes too long is killed with all that it has started, at the latest when the fence ends', async (t) => {
  const late = `(sleep 1; touch "$1/sent") & sleep 60`
  for (const limit of [
    { options: { timeout: '200ms' }, notAfter: undefined },
    { options: {}, notAfter: 600 },
  ]) {
    const { cloud, folder } = withProgram(t, acting(late), limit.options)
    const notAfter = limit.notAfter === undefined ? {} : { notAfter: testDeps.clock.now() + limit.notAfter }
    const end = await cloud.step([{ ...order, ...notAfter }], { at: 'on' }, never).catch((thrown: unknown) => thrown)
    // On a busy machine the look alone may outlast either limit: then nothing was sent at all.
    t.match(JSON.stringify(end), /unavailable|"running"/)
    await testDeps.clock.sleep(1_200, never)
    t.notOk(existsSync(join(folder, 'sent')))
  }
})

t.test('it gets the request as JSON, and nothing of heald’s environment', async (t) => {
  process.env.HEALD_TEST_SECRET = 'hunter2'
  t.teardown(() => delete process.env.HEALD_TEST_SECRET)
  const text = `cat > "$1/request"; env > "$1/env"; echo '{"protocol":1,"answer":{"gone":true,"slot":false}}'`
  const { cloud, folder } = withProgram(t, text, { env: { REGION: 'north' } })
  t.same(await cloud.locate(node('a'), never), { gone: true, slot: false })
  const request = JSON.parse(readFileSync(join(folder, 'request'), 'utf8'))
  t.match(request, { protocol: 1, withinMs: 9_000, call: 'locate', node: { name: 'a' } })
  const own = readFileSync(join(folder, 'env'), 'utf8')
  t.match(own, /^REGION=north$/m)
  t.match(own, /^PATH=/m)
  t.notMatch(own, /hunter2|^HOME=|^USER=/m)
})

t.test('plans ride on the state, with the machine as lock, and come back from storage the same', async (t) => {
  const state = `{"power":"off","provenStopped":true,"plans":[{"rung":"start","verdict":"ok"},{"rung":"replace","verdict":"hold"}]}`
  const { cloud } = withProgram(t, `echo '{"protocol":1,"answer":${state}}'`)
  const seen = await cloud.inspect(instance, never)
  const plans = [
    { rung: 'start', verdict: 'ok', reason: '', lockKey: 'i-1' },
    { rung: 'replace', verdict: 'hold', reason: 'NotNow', lockKey: 'i-1' },
  ]
  t.same(cloud.plan(seen), plans)
  t.same(cloud.plan(JSON.parse(JSON.stringify(seen))), plans)
})

t.test('what a console shows is told without its credentials', async (t) => {
  const console = 'login: ok\\npassword: hunter2'
  const text = `echo '{"protocol":1,"answer":{"summary":"panic","console":"${console}"}}'`
  const { cloud } = withProgram(t, text.replaceAll('\\n', '\\\\n'), { also: ['capture'] })
  t.same(await cloud.capture?.(instance, never), { summary: 'panic', console: 'login: ok\npassword: [redacted]' })
})
