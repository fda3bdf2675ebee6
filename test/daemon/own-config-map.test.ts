import t from 'tap'
import type { Notice } from '../../src/core/ports/log.ts'
import { createReloader } from '../../src/daemon/config-boot.ts'
import { createOwnConfigMap } from '../../src/daemon/own-config-map.ts'
import { startWorld } from '../support/cluster/world.ts'
import { createMemoryLog } from '../support/memory-log.ts'

const MAPS = '/api/v1/namespaces/kube-system/configmaps'
const PATH = `${MAPS}/heald-config`
const GOOD = { 'config.yaml': 'clusterName: a\n' }

async function scene(t: { teardown(end: () => Promise<void>): void }) {
  const world = await startWorld(1)
  const { clock, random, signal } = world
  const notices: Notice[] = []
  const tell = (notice: Notice): void => void notices.push(notice)
  const keeper = createReloader({ file: undefined, configMap: 'kube-system/heald-config' }, tell, clock)
  const { http } = await world.eyes(clock)
  const write = (data: object): void => {
    world.api.call('DELETE', PATH)
    world.api.call('POST', MAPS, { metadata: { name: 'heald-config' }, data })
  }
  write(GOOD)
  const reference = { namespace: 'kube-system', name: 'heald-config', configured: true }
  const own = createOwnConfigMap({ http, clock, log: createMemoryLog(), tell, keeper, random }, reference)
  const stop = new AbortController()
  const running = own.watched.run(AbortSignal.any([stop.signal, signal]))
  const passes = async (ms: number): Promise<void> => {
    for (let at = 0; at < ms; at += 500) {
      own.tend()
      await clock.sleep(500, signal)
    }
  }
  t.teardown(async () => {
    stop.abort()
    await running.catch(() => undefined)
    await world.close()
  })
  await passes(3_000)
  return { world, keeper, notices, write, passes }
}

const reasons = (notices: readonly Notice[]): readonly string[] => notices.map(({ reason }) => reason)

t.test('a ConfigMap without its key is the trouble until the key is there again', async (t) => {
  const { keeper, notices, write, passes } = await scene(t)
  t.equal(keeper.trouble(), undefined)
  write({ other: 'x' })
  await passes(3_000)
  t.match(keeper.trouble(), /heald-config has no key config\.yaml/)
  t.equal(keeper.current()?.clusterName, 'a', 'the last good one stays')
  t.match(notices.filter(({ reason }) => reason === 'ConfigInvalid').at(-1), {
    level: 'error',
    event: 'Warning',
    message: /no key config\.yaml; the last good configuration stays/,
  })
  write(GOOD)
  await passes(3_000)
  t.equal(keeper.trouble(), undefined)
  t.ok(reasons(notices).includes('ConfigRegained'))
})

t.test('a ConfigMap that is removed is told of once, and again when it is there again', async (t) => {
  const { world, keeper, notices, write, passes } = await scene(t)
  notices.length = 0
  world.api.call('DELETE', PATH)
  await passes(20_000)
  t.match(keeper.trouble(), /there is no .*heald-config/)
  t.same(reasons(notices), ['ConfigMapRemoved', 'ConfigInvalid'])
  write(GOOD)
  await passes(3_000)
  t.same(reasons(notices), ['ConfigMapRemoved', 'ConfigInvalid', 'ConfigMapRegained', 'ConfigRegained'])
  t.equal(keeper.trouble(), undefined)
})

t.test('a ConfigMap that heald may not read any more is told of after a minute', async (t) => {
  const { world, keeper, passes } = await scene(t)
  let refusing = true
  world.api.setFaults(({ path }) =>
    refusing && path.includes('configmaps') ? { kind: 'answer', status: 403, reason: 'Forbidden' } : undefined,
  )
  await passes(30 * 60_000)
  t.match(keeper.trouble(), /has not been seen for a minute/)
  refusing = false
  await passes(60_000)
  t.equal(keeper.trouble(), undefined)
})
