import t from 'tap'
import { createChecks, pluginSchemas, plugins } from '../../src/healthcheck/registry.ts'
import { testDeps } from './fixtures.ts'

t.test('checks are named by type, and numbered from the second of a type on', async (t) => {
  const configs = [
    { type: 'NodeLease' },
    { type: 'NodeCondition', params: {} },
    { type: 'NodeLease' },
    { type: 'NodeLease' },
  ]
  const names = createChecks('worker', configs, testDeps()).map(({ name }) => name)
  t.same(names, ['NodeLease', 'NodeCondition', 'NodeLease#2', 'NodeLease#3'])
  const [named] = createChecks('worker', [{ type: 'Exec', name: 'Disk', params: { command: ['x'] } }], testDeps())
  t.match(named, { name: 'Disk', type: 'Exec', symptom: 'Disk' })
})

t.test('an unknown type is named together with the known ones', async (t) => {
  t.throws(() => createChecks('master', [{ type: 'Endpiont' }], testDeps()), { message: /master.*Endpiont.*Endpoint/ })
})

t.test('a check without parameters has the defaults, and creating one does no I/O', async (t) => {
  const params = { file: '/nowhere/at/all.mjs' }
  const [lease, module] = createChecks('worker', [{ type: 'NodeLease' }, { type: 'Module', params }], testDeps())
  t.match(lease, {
    unhealthyDurationMs: 300_000,
    healthyDurationMs: 30_000,
    flapping: { changes: 6, windowMs: 30 * 60_000 },
  })
  t.match(module, { kind: 'poll', plane: 'probe', symptom: 'Module' })
})

t.test('the schemas are those of the plugins', async (t) => {
  t.same([...pluginSchemas.keys()], [...plugins.keys()])
  for (const [type, plugin] of plugins) t.equal(pluginSchemas.get(type), plugin.options)
})
