import fc from 'fast-check'
import t from 'tap'
import { stringify } from 'yaml'
import { CONFIG_MAP, config } from '../support/cluster/replica.ts'
import { hostileJson, hostileText } from './arbitrary-json.ts'
import { startStage } from './stage.ts'

t.setTimeout(240_000)

const KEYS = [
  ...['clusterName', 'dryRun', 'cloudProvider', 'monitorInterval', 'checkDelayAfterAdd', 'kubernetes', 'healthcheck'],
  ...[
    'leaderElection',
    'poolLabels',
    'zoneLabel',
    'otherActors',
    'controlPlaneSize',
    'gates',
    'ladder',
    'http',
    'log',
    'docker',
  ],
  ...['__proto__', 'constructor', 'health-check', 'dry-run', ''],
]

/** Looks like a configuration, and every value may be anything. */
const almostConfig = fc
  .dictionary(fc.constantFrom(...KEYS), hostileJson, { maxKeys: 6 })
  .map((document) => stringify(document))

/** A good one with a piece cut out or put in. */
const damaged = fc
  .tuple(fc.nat(config().length), fc.nat(40), hostileText)
  .map(([at, cut, put]) => config().slice(0, at) + put + config().slice(at + cut))

t.test(
  'whatever stands in the file, the last good configuration stays, the fault is named, nobody is touched',
  async (t) => {
    const stage = await startStage(t)
    const good = stage.daemon.policy().hash
    let refused = 0
    const takes = (text: string): void => {
      if (stage.offer(text)) return
      refused++
      const said = stage.told('ConfigInvalid').at(-1)
      if (said === undefined || said.message.length > 2_000) throw new Error(`told: ${said?.message.slice(0, 200)}`)
    }
    fc.assert(fc.property(fc.oneof(hostileText, almostConfig, damaged), takes), { numRuns: 400 })
    t.ok(refused > 300, `${refused} were refused`)
    t.ok(stage.offer(config()), 'a good one is taken at once')
    t.equal(stage.daemon.policy().hash, good)
    await stage.rounds(2)
    t.same(stage.touched(), [])
    t.same(stage.told('RoundFailed'), [])
    await stage.stillHeals('w0')
  },
)

t.test('files made to choke a parser are refused in a moment', async (t) => {
  const stage = await startStage(t)
  const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${[...'bcdefghi'].map((to, at) => `${to}: &${to} [${Array(9).fill(`*${'abcdefgh'[at]}`).join(',')}]`).join('\n')}\n`
  const cases: Readonly<Record<string, string>> = {
    'five megabytes of noise': 'x\u0000: ['.repeat(1_000_000),
    'five megabytes of one key': `clusterName: ${'y'.repeat(5_000_000)}`,
    'a billion laughs': bomb,
    'very deep': `clusterName: ${'['.repeat(50_000)}`,
    'deep mappings': Array.from({ length: 3_000 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n'),
    'prototype keys': '__proto__: {dryRun: true}\nconstructor: {prototype: {dryRun: true}}',
    'a hundred thousand unknown keys': Array.from({ length: 100_000 }, (_, index) => `k${index}: 1`).join('\n'),
    'two documents': `${config()}---\n${config()}`,
    'a regular expression that backtracks': config({ extra: `zoneLabel: ${'a-'.repeat(50_000)}!` }),
    'tags of other languages': 'clusterName: !!js/function "function () { process.exit(1) }"',
  }
  for (const [what, text] of Object.entries(cases)) {
    const from = performance.now()
    t.equal(stage.offer(text), false, what)
    t.ok(performance.now() - from < 2_000, `${what}: ${Math.round(performance.now() - from)} ms`)
    t.ok((stage.told('ConfigInvalid').at(-1)?.message.length ?? 0) < 2_000, `${what}: told briefly`)
  }
  t.equal(({} as { dryRun?: unknown }).dryRun, undefined, 'no prototype was touched')
  await stage.rounds(1)
  t.same(stage.touched(), [])
})

t.test('a configuration that every schema lets pass and no check can be made of does not end the daemon', async (t) => {
  const stage = await startStage(t)
  const check = (params: string): string => config().replaceAll(/\{type: NodeCondition[^}]*\}\}/g, params)
  const endpoints = ['"["', '"http://["', '"\\u0000"', '"//x"', '"a b"'].map(
    (path) => `{type: Endpoint, params: {port: 1, endpoints: [${path}], unhealthyDuration: 1h}}`,
  )
  const files = ['"/dev/zero"', '"/proc/self/mem"', '"/nonexistent"'].flatMap((file) => [
    `{type: Module, params: {file: ${file}, timeout: 100ms}}`,
    `{type: Exec, params: {command: [${file}], timeout: 100ms}}`,
    `{type: Endpoint, params: {port: 1, endpoints: [/], caFile: ${file}, unhealthyDuration: 1h}}`,
  ])
  for (const each of [...endpoints, ...files]) {
    stage.offer(check(each))
    await stage.world.clock.sleep(200, stage.world.signal)
  }
  await stage.rounds(2)
  t.same(stage.touched(), [])
  t.ok(stage.offer(config()))
  await stage.stillHeals('w1')
})

t.test('the same through the ConfigMap: data of any shape', async (t) => {
  const stage = await startStage(t, { configured: true })
  const { namespace, name } = CONFIG_MAP
  const path = `/api/v1/namespaces/${namespace}/configmaps/${name}`
  const put = (data: object | null): void => {
    stage.world.api.call('PATCH', path, { data }, { contentType: 'application/merge-patch+json' })
  }
  for (const text of fc.sample(fc.oneof(hostileText, almostConfig, damaged), { numRuns: 30, seed: 7 })) {
    put({ 'config.yaml': text })
    await stage.world.clock.sleep(30, stage.world.signal)
  }
  put({ 'config.yaml': null })
  await stage.world.until('the missing key is named', 30_000, () =>
    stage.told('ConfigInvalid').some(({ message }) => message.includes('no key config.yaml')),
  )
  stage.world.api.call('DELETE', path)
  await stage.rounds(2)
  t.same(stage.touched(), [])
  stage.world.api.call('POST', `/api/v1/namespaces/${namespace}/configmaps`, {
    metadata: { name },
    data: { 'config.yaml': config() },
  })
  await stage.stillHeals('w2')
})
