import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { Finding } from '../../../src/core/model/finding.ts'
import type { PollCheck } from '../../../src/core/ports/health-check.ts'
import { module } from '../../../src/healthcheck/module/module.ts'
import { node } from '../../support/pure/view.ts'
import { testDeps } from '../fixtures.ts'

const never = new AbortController().signal

function create(t: Test, source: string, params: object = {}): PollCheck {
  const file = join(t.testdir({ 'check.mjs': source }), 'check.mjs')
  const check = module.create('Module', { file, ...params }, testDeps())
  if (check.kind !== 'poll') throw new Error('Module is polled')
  return check
}

async function lookAt(check: PollCheck, name = 'a'): Promise<Finding | undefined> {
  return (await check.poll([node(name)], never)).get(name)
}

t.test('check gets the node and a signal, and its answer goes through', async (t) => {
  const check = create(
    t,
    `export function check(node, signal) {
      const message = [node.name, node.labels.disk, signal instanceof AbortSignal].join(' ')
      return { status: 'fail', reason: 'DiskDead', message }
    }`,
  )
  const findings = await check.poll([node('a', { labels: { disk: 'sda' } })], never)
  t.match(findings.get('a'), { status: 'fail', reason: 'DiskDead', message: 'a sda true' })
})

const faults: readonly (readonly [string, string, string, RegExp])[] = [
  ['it throws', `export function check() { throw new Error('boom') }`, 'PluginThrew', /boom/],
  ['it rejects', `export async function check() { throw 'boom' }`, 'PluginThrew', /boom/],
  ['it answers nothing', `export function check() {}`, 'PluginGarbage', /./],
  ['it answers garbage', `export function check() { return { status: 'dead' } }`, 'PluginGarbage', /status/],
  ['its answer cannot be sent', `export function check() { return { status() {} } }`, 'PluginThrew', /cloned/],
  ['it exports no check', `export const chekc = 1`, 'PluginCrashed', /no function named check/],
  ['it is no module', `export function {`, 'PluginCrashed', /./],
  ['it ends its thread', `export function check() { process.exit(0) }`, 'PluginCrashed', /exit code 0/],
  [
    'it throws later',
    `export function check() { setTimeout(() => { throw new Error('late') }); return new Promise(() => {}) }`,
    'PluginCrashed',
    /late/,
  ],
  [
    'it forgets a rejection',
    `export function check() { Promise.reject(new Error('lost')); return new Promise(() => {}) }`,
    'PluginCrashed',
    /lost/,
  ],
  [
    'it posts messages of its own',
    `import { parentPort } from 'node:worker_threads'
    export function check() {
      for (const odd of [null, undefined, 1, [], { id: {} }, { id: 1, thrown: {} }]) parentPort.postMessage(odd)
      return { status: 'dead' }
    }`,
    'PluginGarbage',
    /./,
  ],
  ['it never answers', `export function check() { return new Promise(() => {}) }`, 'PluginHung', /no answer for a/],
]
for (const [what, source, reason, message] of faults) {
  t.test(`unknown, and the fault is named: ${what}`, async (t) => {
    t.match(await lookAt(create(t, source, { timeout: '2s' })), { status: 'unknown', reason, message })
  })
}

t.test('a module that eats memory loses its thread, and we lose nothing', async (t) => {
  const source = `export function check() { const all = []; for (;;) all.push(new Array(100_000).fill(all.length)) }`
  const limit = `import { getHeapStatistics } from 'node:v8'
    export function check() {
      return { status: getHeapStatistics().heap_size_limit < 256 * 1024 ** 2 ? 'pass' : 'fail' }
    }`
  t.match(await lookAt(create(t, limit)), { status: 'pass' })
  const finding = await lookAt(create(t, source, { timeout: '20s' }))
  t.match(finding, { status: 'unknown', reason: 'PluginCrashed', message: /memory/ })
})

t.test('a file that is not there is named', async (t) => {
  const check = module.create('Module', { file: '/nowhere/check.mjs' }, testDeps())
  if (check.kind !== 'poll') throw new Error('Module is polled')
  t.match(await lookAt(check), { status: 'unknown', reason: 'PluginCrashed', message: /\/nowhere\/check\.mjs/ })
  t.throws(() => module.create('Module', { file: 'check.mjs' }, testDeps()), { message: /absolute/ })
})

t.test('a loop that never yields takes only its own thread: our timers run, and the round ends soon', async (t) => {
  const check = create(t, `export function check() { for (;;); }`, { timeout: '200ms', concurrency: 5 })
  let ticks = 0
  const timer = setInterval(() => ticks++, 10)
  const nodes = Array.from({ length: 500 }, (_, index) => node(`node-${index}`))
  const startedAt = performance.now()
  const findings = await check.poll(nodes, never)
  clearInterval(timer)
  t.equal(findings.size, 500)
  t.ok([...findings.values()].every(({ status, reason }) => status === 'unknown' && reason === 'PluginHung'))
  t.ok(performance.now() - startedAt < 3_000, 'not 500 / 5 timeouts')
  t.ok(ticks > 10)
})

t.test('a slow node is slow alone: its signal aborts, and the others are seen', async (t) => {
  const file = join(t.testdir({}), 'aborted')
  const check = create(
    t,
    `import { writeFileSync } from 'node:fs'
    export async function check(node, signal) {
      if (!node.name.startsWith('slow')) return { status: 'pass' }
      return new Promise(() => signal.addEventListener('abort', () => writeFileSync('${file}', signal.reason.name)))
    }`,
    { timeout: '100ms', concurrency: 2 },
  )
  const names = [...Array.from({ length: 8 }, (_, index) => `slow-${index}`), 'c', 'd']
  const findings = await check.poll(
    names.map((name) => node(name)),
    never,
  )
  const statuses = names.map((name) => findings.get(name)?.status)
  t.same(statuses, [...Array.from({ length: 8 }, () => 'unknown'), 'pass', 'pass'])
  t.equal(readFileSync(file, 'utf8'), 'TimeoutError')
})

t.test('each round is a fresh thread, so a crash is over with its round', async (t) => {
  const counter = join(t.testdir({ count: '' }), 'count')
  const check = create(
    t,
    `import { appendFileSync, readFileSync } from 'node:fs'
    appendFileSync('${counter}', 'x')
    export function check() {
      if (readFileSync('${counter}', 'utf8') === 'x') process.exit(1)
      return { status: 'pass' }
    }`,
  )
  t.match(await lookAt(check), { status: 'unknown' })
  t.match(await lookAt(check), { status: 'pass' })
})

t.test('it sees nothing of our environment, and its prints do not get between our log lines', async (t) => {
  const check = create(
    t,
    `export function check() {
      console.log('MARK' + 'ER'); console.error('MARK' + 'ER')
      return { status: 'pass', message: JSON.stringify(Object.keys(process.env)) }
    }`,
  )
  const written: string[] = []
  const { write } = process.stdout
  process.stdout.write = ((chunk: string) => written.push(String(chunk)) > 0) as typeof write
  const finding = await lookAt(check).finally(() => {
    process.stdout.write = write
  })
  t.match(finding, { status: 'pass', message: '[]' })
  t.notMatch(written.join(''), 'MARKER')
})

t.test('an abort ends the thread', async (t) => {
  const check = create(t, `export function check() { for (;;); }`, { timeout: '60s' })
  const controller = new AbortController()
  const polling = check.poll([node('a')], controller.signal)
  setTimeout(() => controller.abort(), 50)
  t.match((await polling).get('a'), { status: 'unknown', reason: 'Aborted' })
})
