import t from 'tap'
import { loadConfig } from '../../src/config/load/load.ts'
import { createConfigReloader } from '../../src/config/reloader.ts'
import type { Notice } from '../../src/core/ports/log.ts'
import { options } from './options.ts'

function keep() {
  const notices: Notice[] = []
  let wall = 1_000
  const keeper = createConfigReloader({
    load: (text, source) => loadConfig(text, { file: source, ...options }),
    tell: (notice) => notices.push(notice),
    clock: { wall: () => wall++ },
  })
  return { keeper, notices }
}

t.test('the first good text is taken over without a word', async (t) => {
  const { keeper, notices } = keep()
  t.equal(keeper.current(), undefined)
  t.ok(keeper.offer('clusterName: a\ndocker: {}\n', 'file'))
  t.equal(keeper.current()?.clusterName, 'a')
  t.equal(keeper.lastGoodAt(), 1_000)
  t.same(notices, [])
})

t.test('a bad text keeps the last good configuration and says what is wrong, with its place', async (t) => {
  const { keeper, notices } = keep()
  keeper.offer('clusterName: a\ndocker: {}\n', 'file')
  t.notOk(keeper.offer('clusterName: b\ndryRn: true\nlog: 1\n', 'file'))
  t.equal(keeper.current()?.clusterName, 'a')
  t.equal(keeper.lastError()?.issues.length, 2)
  t.match(notices, [
    {
      level: 'error',
      reason: 'ConfigInvalid',
      message: /^file:2:1: dryRn: unknown key; did you mean dryRun\? \(and 1 more\); the last good/,
      fields: { problems: { length: 2 } },
    },
  ])
  t.notOk(keeper.offer('clusterName: b\ndryRn: true\nlog: 1\n', 'file'), 'the same text again')
  t.equal(notices.length, 1, 'is not told again')
})

t.test('the first text may be bad: there is no configuration then, and a reason', async (t) => {
  const { keeper } = keep()
  t.notOk(keeper.offer('', 'file'))
  t.equal(keeper.current(), undefined)
  t.match(keeper.lastError()?.message, /is empty/)
})

t.test('a change names its keys without values, and those that wait for a restart', async (t) => {
  const { keeper, notices } = keep()
  const heard: (readonly string[])[] = []
  keeper.onChange((_, changed) => heard.push(changed))
  keeper.offer('docker: {socket: /a}\n', 'file')
  keeper.offer('docker: {socket: /b}\ndryRun: true\nhttp: {port: 1234}\nladder: {worker: []}\n', 'file')
  const changed = ['docker.socket', 'dryRun', 'http.port', 'ladder.worker']
  t.match(notices, [
    {
      level: 'warn',
      reason: 'ConfigReloaded',
      message: `changed: ${changed.join(', ')}; only after a restart: docker.socket, http.port`,
      fields: { changed, restart: ['docker.socket', 'http.port'] },
    },
  ])
  t.same(heard, [changed])
  keeper.offer('docker: {socket: /b}\nhttp: {port: 1234}\n', 'file')
  t.same(keeper.afterRestart(), ['docker.socket', 'http.port'], 'they wait on while something else changes')
  keeper.offer('docker: {socket: /a}\nhttp: {port: 1234}\n', 'file')
  t.same(keeper.afterRestart(), ['http.port'], 'and no longer when they are as this process began')
})

t.test('a text that says the same in other words changes nothing and tells nothing', async (t) => {
  const { keeper, notices } = keep()
  keeper.offer('clusterName: a\ndocker: {}\n', 'file')
  t.ok(keeper.offer('# hello\n"clusterName": a\ndocker: {}\ndryRun: false\n', 'file'))
  t.same(notices, [])
})

t.test('after a bad text the good one again ends the error and says so', async (t) => {
  const { keeper, notices } = keep()
  keeper.offer('clusterName: a\ndocker: {}\n', 'file')
  keeper.offer('clusterName: [\n', 'file')
  t.ok(keeper.offer('clusterName: a\ndocker: {}\n', 'file'))
  t.equal(keeper.lastError(), undefined)
  t.same(
    notices.map(({ reason }) => reason),
    ['ConfigInvalid', 'ConfigReloaded'],
  )
})

t.test(
  'what comes through the API wins over the file; while the API is away a change of the file counts',
  async (t) => {
    const { keeper } = keep()
    keeper.offer('clusterName: file-1\n', 'file')
    keeper.offer('clusterName: api-1\n', 'config-map')
    t.equal(keeper.current()?.clusterName, 'api-1')
    t.notOk(keeper.offer('clusterName: file-2\n', 'file'), 'the API is here')
    keeper.sourceLost('config-map')
    t.equal(keeper.current()?.clusterName, 'api-1', 'its last word stays')
    t.ok(keeper.offer('clusterName: file-3\n', 'file'))
    t.equal(keeper.current()?.clusterName, 'file-3')
    t.ok(keeper.offer('clusterName: api-1\n', 'config-map'))
    t.equal(keeper.current()?.clusterName, 'api-1', 'the API is back')
  },
)

t.test('a bad text through the API does not fall back to the file', async (t) => {
  const { keeper } = keep()
  keeper.offer('clusterName: api-1\n', 'config-map')
  keeper.offer('clusterName: {}\n', 'config-map')
  t.notOk(keeper.offer('clusterName: file-1\n', 'file'))
  t.equal(keeper.current()?.clusterName, 'api-1')
})

t.test('warnings are told when a configuration is taken over', async (t) => {
  const { keeper, notices } = keep()
  const checks = 'healthcheck: {master: [{type: NodeCondition}], worker: [{type: NodeCondition}]}\n'
  keeper.offer(`cluster-name: a\nfoo: 1\n${checks}`, 'file')
  t.match(notices, [{ level: 'warn', reason: 'ConfigWarning', message: /^file:2:1: foo: unknown key, left out/ }])
})

t.test(
  'what keeps the last good one is told once, and is the trouble beside a refused text until it is over',
  async (t) => {
    const { keeper, notices } = keep()
    keeper.offer('clusterName: a\ndocker: {}\n', 'file')
    keeper.withhold('file', 'it is gone')
    keeper.withhold('file', 'it is gone')
    keeper.withhold('checks', 'no such module')
    t.equal(keeper.trouble(), 'it is gone; no such module')
    keeper.withhold('file', undefined)
    keeper.withhold('file', undefined)
    keeper.offer('clusterName: [\n', 'file')
    t.match(keeper.trouble(), /^file:1:14: .*; no such module$/)
    keeper.withhold('checks', undefined)
    keeper.offer('clusterName: b\ndocker: {}\n', 'file')
    t.equal(keeper.trouble(), undefined)
    t.same(
      notices.map(({ reason }) => reason),
      ['ConfigInvalid', 'ConfigInvalid', 'ConfigRegained', 'ConfigInvalid', 'ConfigRegained', 'ConfigReloaded'],
    )
  },
)
