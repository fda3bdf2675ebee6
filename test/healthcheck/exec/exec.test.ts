import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { Finding } from '../../../src/core/model/finding.ts'
import type { NodeFacts } from '../../../src/core/model/node.ts'
import type { PollCheck } from '../../../src/core/ports/health-check.ts'
import { exec } from '../../../src/healthcheck/exec/exec.ts'
import { node } from '../../support/pure/view.ts'
import { only, testDeps } from '../fixtures.ts'

function create(params: object): PollCheck {
  const check = exec.create('Exec', params, testDeps())
  if (check.kind !== 'poll') throw new Error('Exec is polled')
  return check
}

function sh(script: string, params: object = {}): PollCheck {
  return create({ command: ['/bin/sh', '-c', script], ...params })
}

async function lookAt(check: PollCheck, facts: NodeFacts = node('a')): Promise<Finding> {
  return only(await check.poll([facts], new AbortController().signal))
}

/** Gone, or a zombie that nobody has reaped. */
async function ended(pid: string): Promise<boolean> {
  for (let tries = 0; tries < 100; tries++) {
    try {
      if (/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))) return true
    } catch {
      return true
    }
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  return false
}

function pidFile(t: Test): { file: string; pid: () => string } {
  const file = join(t.testdir({}), 'pid')
  return { file, pid: () => readFileSync(file, 'utf8').trim() }
}

t.test('the node comes whole on stdin, and the answer goes through as it is', async (t) => {
  const labels = Object.fromEntries(Array.from({ length: 3_000 }, (_, index) => [`label-${index}`, 'x'.repeat(60)]))
  const facts = node('big', { labels })
  const count = String(JSON.stringify(facts).length)
  const script = `bytes=$(wc -c); echo "{\\"status\\": \\"fail\\", \\"reason\\": \\"Counted\\", \\"message\\": \\"$bytes\\"}"`
  t.match(await lookAt(sh(script), facts), { status: 'fail', reason: 'Counted', message: count })
})

t.test('a program that does not read its input is no fault', async (t) => {
  const facts = node('big', { labels: { long: 'x'.repeat(500_000) } })
  t.match(await lookAt(sh(`exec 0<&-; echo '{"status": "pass"}'`), facts), { status: 'pass', reason: 'Ok' })
})

t.test('there is no shell between, and nothing of our environment', async (t) => {
  process.env.HEALD_TEST_SECRET = 'visible'
  t.teardown(() => delete process.env.HEALD_TEST_SECRET)
  // tap puts its own variables into whatever is spawned.
  const program = `const { env, argv } = process
    const message = JSON.stringify({ keys: Object.keys(env).filter((key) => !/TAPJS|NODE_OPTIONS/.test(key)).sort(), mine: env.MINE, argv: argv.slice(1), cwd: process.cwd() })
    console.log(JSON.stringify({ status: 'pass', message }))`
  const command = [process.execPath, '-e', program, '--', '$(id)', 'two words; true']
  const { message = '' } = await lookAt(create({ command, env: { MINE: '1' } }))
  t.same(JSON.parse(message), { keys: ['MINE', 'PATH'], mine: '1', argv: ['$(id)', 'two words; true'], cwd: '/' })
})

t.test('every way to fail as a program is unknown, under its own name', async (t) => {
  const file = join(t.testdir({ plain: 'not executable' }), 'plain')
  const cases: readonly (readonly [PollCheck, string, RegExp])[] = [
    [sh('echo disk gone >&2; exit 3'), 'PluginCrashed', /exit code 3: disk gone/],
    [sh('kill -SEGV $$'), 'PluginCrashed', /signal/],
    [sh(`echo '{"status": "fail"}'; exit 1`), 'PluginCrashed', /exit code 1/],
    [sh('echo all is well'), 'PluginGarbage', /not one JSON document: all is well/],
    [sh('true'), 'PluginGarbage', /not one JSON/],
    [sh(`echo '{"status": "pass"}{"status": "fail"}'`), 'PluginGarbage', /not one JSON/],
    [sh(`echo '{"status": "dead"}'`), 'PluginGarbage', /status/],
    [sh(`echo '{"status": "fail", "reason": "it is broken"}'`), 'PluginGarbage', /PascalCase/],
    [sh('echo "[[[[]]]]"'), 'PluginGarbage', /./],
    [create({ command: ['/does/not/exist'] }), 'PluginNotStarted', /ENOENT/],
    [create({ command: [file] }), 'PluginNotStarted', /EACCES/],
    [create({ command: ['/bin/true', 'nul\0byte'] }), 'PluginNotStarted', /null bytes/],
    [sh('sleep 60', { timeout: '50ms' }), 'PluginHung', /no end within 50ms/],
    [sh('yes'), 'PluginTooLoud', /64 KiB/],
    [sh('yes >&2'), 'PluginTooLoud', /64 KiB/],
  ]
  for (const [check, reason, message] of cases) {
    t.match(await lookAt(check), { status: 'unknown', reason, message }, `${reason} ${message}`)
  }
})

t.test('a timeout kills the whole process group', async (t) => {
  const { file, pid } = pidFile(t)
  const finding = await lookAt(sh(`sleep 60 & echo $! > ${file}; wait`, { timeout: '200ms' }))
  t.match(finding, { status: 'unknown', reason: 'PluginHung' })
  t.ok(await ended(pid()))
})

t.test('what a program leaves behind is killed, and does not hold its answer back', async (t) => {
  const { file, pid } = pidFile(t)
  const startedAt = performance.now()
  t.match(await lookAt(sh(`sleep 60 & echo $! > ${file}; echo '{"status": "pass"}'`)), { status: 'pass' })
  t.ok(performance.now() - startedAt < 2_000)
  t.ok(await ended(pid()))
})

t.test('a child that escaped from the group and holds the pipe open costs the timeout, not more', async (t) => {
  const script = `setsid sleep 2 & sleep 0.1; echo '{"status": "pass"}'`
  t.match(await lookAt(sh(script, { timeout: '300ms' })), { status: 'unknown', reason: 'PluginHung' })
})

t.test('an abort kills the process group', async (t) => {
  const { file, pid } = pidFile(t)
  const controller = new AbortController()
  const polling = sh(`sleep 60 & echo $! > ${file}.new; mv ${file}.new ${file}; wait`).poll(
    [node('a')],
    controller.signal,
  )
  const started = (): boolean => {
    try {
      return pid() !== ''
    } catch {
      return false
    }
  }
  while (!started()) await new Promise((resolve) => setTimeout(resolve, 5))
  controller.abort()
  t.match(only(await polling), { status: 'unknown', reason: 'Aborted' })
  t.ok(await ended(pid()))
})

t.test('never more than `concurrency` programs run side by side', async (t) => {
  const file = join(t.testdir({}), 'log')
  const check = sh(`echo + >> ${file}; sleep 0.03; echo - >> ${file}; echo '{"status": "pass"}'`, { concurrency: 3 })
  const nodes = Array.from({ length: 9 }, (_, index) => node(`node-${index}`))
  const findings = await check.poll(nodes, new AbortController().signal)
  t.ok([...findings.values()].every(({ status }) => status === 'pass'))
  let running = 0
  let most = 0
  for (const mark of readFileSync(file, 'utf8').trim().split('\n')) {
    running += mark === '+' ? 1 : -1
    most = Math.max(most, running)
  }
  t.equal(most, 3)
})

t.test('what it speaks for is configured, and by default its own name', async (t) => {
  t.match(sh('true'), { plane: 'probe', symptom: 'Exec' })
  t.match(sh('true', { plane: 'kubelet', symptom: 'NotReady' }), { plane: 'kubelet', symptom: 'NotReady' })
  t.throws(() => sh('true', { plane: 'gossip' }), { message: /plane/ })
})
