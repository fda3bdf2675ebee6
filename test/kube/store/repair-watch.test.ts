import t, { type Test } from 'tap'
import { createRepairWatch, REPAIRS_PATH } from '../../../src/kube/store/repairs.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import { httpTo } from '../../support/kube/api.ts'
import { spec } from '../../support/kube/repairs.ts'
import { createMemoryLog, type MemoryLog } from '../../support/memory-log.ts'
import { serve } from '../../support/serve.ts'

interface Scene {
  readonly repairs: ReturnType<typeof createRepairWatch>['objects']
  readonly unreadable: () => ReadonlyMap<string, string>
  readonly log: MemoryLog
  /** `name` or `name gone`, in the order in which listeners were told. */
  readonly told: string[]
  /** Sends one event of the watch and waits until `isSo`. */
  send(type: string, object: object, isSo: () => boolean): Promise<void>
}

let version = 10

function repair(name: string, change: object = {}): object {
  const metadata = {
    name,
    uid: `uid-${name}`,
    resourceVersion: `${++version}`,
    creationTimestamp: '2026-11-21T00:00:00Z',
  }
  return { apiVersion: 'heald.dev/v1alpha1', kind: 'NodeRepair', metadata, spec: spec(), ...change }
}

async function scene(t: Test): Promise<Scene> {
  let write: ((line: object) => void) | undefined
  let watching = false
  const url = await serve(t, (request, response) => {
    t.match(request.url, new RegExp(`^${REPAIRS_PATH}\\?`))
    response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders()
    write = (line) => response.write(`${JSON.stringify(line)}\n`)
    watching = !request.url?.includes('sendInitialEvents=true')
    if (watching) return
    const annotations = { 'k8s.io/initial-events-end': 'true' }
    write({ type: 'BOOKMARK', object: { metadata: { resourceVersion: '10', annotations } } })
  })
  const log = createMemoryLog()
  const stop = new AbortController()
  const watch = createRepairWatch({ http: await httpTo({ apiHost: url }), clock: systemClock, log })
  const told: string[] = []
  watch.objects.onChange((key, after) => told.push(after === undefined ? `${key} gone` : key))
  const running = watch.objects.run(stop.signal)
  t.teardown(async () => {
    stop.abort(new Error('test over'))
    await running
  })
  const until = async (isSo: () => boolean): Promise<void> => {
    for (let i = 0; i < 400 && !isSo(); i++) await systemClock.sleep(5, stop.signal)
    t.equal(isSo(), true)
  }
  await until(() => watching && watch.objects.seenAt !== undefined)
  return {
    ...{ repairs: watch.objects, unreadable: watch.unreadable, log, told },
    async send(type, object, isSo) {
      write?.({ type, object })
      await until(isSo)
    },
  }
}

t.test('a repair that cannot be read parks its node until it can be read or is gone', async (t) => {
  const { repairs, unreadable, told, log, send } = await scene(t)
  await send('ADDED', repair('a'), () => repairs.items.has('a'))
  await send('MODIFIED', repair('a', { status: { phase: 'Sleeping' } }), () => unreadable().size === 1)
  t.match([...unreadable()], [['worker-1', /^status\./]])
  t.notOk(repairs.items.has('a'))
  await send('MODIFIED', repair('a'), () => repairs.items.has('a'))
  t.equal(unreadable().size, 0)
  await send('ADDED', repair('b', { spec: 'nonsense' }), () => unreadable().size === 1)
  t.match([...unreadable().keys()], ['b'], 'by its own name, where it names no node')
  await send('DELETED', repair('b', { spec: 'nonsense' }), () => unreadable().size === 0)
  t.same(told, ['a', 'a gone', 'a'])
  t.same(log.lines, [])
})

t.test('the scratch object of the probe is no repair, readable or not, and nobody is told of it', async (t) => {
  const { repairs, unreadable, told, log, send } = await scene(t)
  await send('ADDED', repair('heald-probe-x1'), () => true)
  await send('MODIFIED', repair('heald-probe-x1', { spec: {} }), () => true)
  await send('DELETED', repair('heald-probe-x1'), () => true)
  await send('ADDED', repair('a'), () => repairs.items.has('a'))
  t.same([told, log.lines, unreadable().size], [['a'], [], 0])
})

t.test('our own writes are folded in at once', async (t) => {
  const { repairs, told, send } = await scene(t)
  await send('ADDED', repair('a'), () => repairs.items.has('a'))
  const held = repairs.items.get('a')!
  const newer = { ...held, resourceVersion: `${++version}`, deleting: true }
  repairs.applyWrite('a', newer)
  t.equal(repairs.items.get('a'), newer)
  repairs.applyWrite('a', undefined)
  t.same([repairs.items.size, told], [0, ['a', 'a', 'a gone']])
})
