import t, { type Test } from 'tap'
import type { Clock } from '../../src/core/ports/clock.ts'
import { createEventSink, type EventNotice, type EventSinkOptions } from '../../src/kube/events.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { httpTo } from '../support/kube/api.ts'
import { createMemoryLog, type MemoryLog } from '../support/memory-log.ts'
import { json, serve } from '../support/serve.ts'

const UID = '0b1e3c52-7a3e-4f7e-9a55-1f6f3f1b9f10'

interface Write {
  readonly method: string
  readonly path: string
  // biome-ignore lint/suspicious/noExplicitAny: whatever was sent
  readonly body: any
}

interface Scene {
  readonly tell: (notice: EventNotice) => void
  readonly writes: Write[]
  readonly log: MemoryLog
  readonly stop: AbortController
  advance(ms: number): void
  /** Until so many requests came; then a little longer, for one too many. */
  settled(count: number): Promise<void>
}

type Options = Partial<EventSinkOptions> & { statusOf?: (write: Write, index: number) => number }

async function scene(t: Test, { statusOf = () => 200, ...options }: Options = {}): Promise<Scene> {
  const writes: Write[] = []
  const url = await serve(t, async (request, response) => {
    const body = JSON.parse((await request.toArray()).join('') || 'null')
    const write = { method: String(request.method), path: String(request.url), body }
    const status = statusOf(write, writes.push(write) - 1)
    json(response, status, status < 400 ? body : { kind: 'Status', reason: 'Refused', message: 'no' })
  })
  const stop = new AbortController()
  const log = createMemoryLog()
  let now = 1_000
  const clock: Clock = { ...systemClock, now: () => now }
  const http = await httpTo({ apiHost: url })
  const settings = { component: 'heald.dev/heald', instance: 'master-1_x', signal: stop.signal, ...options }
  return {
    ...{ writes, log, stop },
    tell: createEventSink({ http, clock, log, ...settings }),
    advance: (ms) => {
      now += ms
    },
    async settled(count) {
      for (let i = 0; i < 200 && writes.length < count; i++) await systemClock.sleep(5, new AbortController().signal)
      await systemClock.sleep(20, new AbortController().signal)
    },
  }
}

function notice(change: Partial<EventNotice> = {}): EventNotice {
  const regarding = { apiVersion: 'v1', kind: 'Node', name: 'worker-1', uid: UID } as const
  return { regarding, type: 'Normal', reason: 'RepairStarted', message: 'one', ...change }
}

t.test('an event names its object, its reason and who tells it', async (t) => {
  const { tell, writes, settled } = await scene(t)
  tell(notice())
  tell(
    notice({
      regarding: { apiVersion: 'heald.dev/v1alpha1', kind: 'NodeRepair', name: 'worker-1-0b1e3c52-1', uid: UID },
      type: 'Warning',
    }),
  )
  await settled(2)
  t.match(writes, [
    {
      method: 'POST',
      path: '/apis/events.k8s.io/v1/namespaces/default/events',
      body: {
        ...{ reason: 'RepairStarted', action: 'RepairStarted', note: 'one', type: 'Normal' },
        regarding: { apiVersion: 'v1', kind: 'Node', name: 'worker-1', uid: UID },
        ...{ reportingController: 'heald.dev/heald', reportingInstance: 'master-1_x' },
        eventTime: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/,
        metadata: { name: /^worker-1\.[0-9a-f]{16}$/, namespace: 'default' },
      },
    },
    { body: { type: 'Warning', regarding: { apiVersion: 'heald.dev/v1alpha1', kind: 'NodeRepair' } } },
  ])
})

t.test('repeats become a count: the second at once, more of them once a minute', async (t) => {
  const { tell, writes, advance, settled } = await scene(t)
  for (let i = 0; i < 5; i++) tell(notice())
  await settled(2)
  advance(59_000)
  tell(notice())
  advance(1_000)
  tell(notice())
  await settled(3)
  t.same(
    writes.map(({ method, body }) => [method, body.series?.count]),
    [
      ['POST', undefined],
      ['PATCH', 2],
      ['PATCH', 7],
    ],
  )
  const [first, second] = writes
  t.equal(second?.path, `${first?.path}/${first?.body.metadata.name}`)
  t.match(second?.body.series.lastObservedTime, /\.\d{6}Z$/)
})

t.test('another message, reason, type or object is another event, and so is a repeat much later', async (t) => {
  const { tell, writes, advance, settled } = await scene(t)
  const other = { apiVersion: 'v1', kind: 'Node', name: 'worker-2', uid: UID } as const
  const changes = [{}, { message: 'two' }, { reason: 'RepairHeld' }, { type: 'Warning' }, { regarding: other }] as const
  for (const change of changes) tell(notice(change))
  advance(600_001)
  tell(notice())
  await settled(6)
  t.same(new Set(writes.map(({ method }) => method)), new Set(['POST']))
  t.equal(new Set(writes.map(({ body }) => body.metadata.name)).size, 6)
})

t.test(
  'a storm is cut to the burst and then to so many a minute, and what was dropped is counted in the log',
  async (t) => {
    const { tell, writes, log, advance, settled } = await scene(t, { burst: 3, perMinute: 60 })
    for (let i = 0; i < 50; i++) tell(notice({ message: `storm ${i}` }))
    await settled(3)
    t.equal(writes.length, 3)
    advance(1_000)
    tell(notice({ message: 'after' }))
    tell(notice({ message: 'too soon' }))
    await settled(4)
    t.equal(writes.length, 4)
    t.match(log.lines, [{ level: 'warn', msg: 'events were dropped', fields: { dropped: 47 } }])
  },
)

t.test('a failure is a line in the log, and the next event is written all the same', async (t) => {
  const { tell, writes, log, settled } = await scene(t, { statusOf: (_, index) => (index === 0 ? 500 : 201) })
  tell(notice())
  tell(notice({ message: 'two' }))
  await settled(2)
  t.equal(writes.length, 2)
  t.match(log.lines, [{ level: 'warn', msg: 'event could not be written', fields: { reason: 'RepairStarted' } }])
})

t.test('a repeat of an event that the API server no longer has is written as a new one', async (t) => {
  const { tell, writes, log, settled } = await scene(t, { statusOf: ({ method }) => (method === 'PATCH' ? 404 : 201) })
  tell(notice())
  tell(notice())
  await settled(3)
  t.same(
    writes.map(({ method }) => method),
    ['POST', 'PATCH', 'POST'],
  )
  t.same(log.lines, [])
})

t.test('nothing is sent once the signal is aborted, and that is no failure', async (t) => {
  const { tell, writes, log, stop, settled } = await scene(t)
  stop.abort()
  tell(notice())
  await settled(0)
  t.same([writes, log.lines], [[], []])
})

t.test(
  'a note is cut to 1024 bytes without breaking a character, and a long name still makes a valid event name',
  async (t) => {
    const { tell, writes, settled } = await scene(t)
    const regarding = { apiVersion: 'v1', kind: 'Node', name: 'n'.repeat(253), uid: UID } as const
    tell(notice({ regarding, message: `x${'ä'.repeat(2_000)}` }))
    await settled(1)
    const { note, metadata } = writes[0]?.body ?? {}
    t.ok(Buffer.byteLength(note) <= 1024 && Buffer.byteLength(note) > 1000, String(Buffer.byteLength(note)))
    t.match(note, /^xä+…$/)
    t.ok(metadata.name.length <= 253)
  },
)
