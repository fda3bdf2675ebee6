import type { IncomingMessage, ServerResponse } from 'node:http'
import t from 'tap'
import type { Watched } from '../../src/core/ports.ts'
import { loadCredentials } from '../../src/kube/credentials.ts'
import { createWatched, type WatchOptions } from '../../src/kube/list-watch.ts'
import { createTransport } from '../../src/kube/transport.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { createMemoryLog, type MemoryLog } from '../support/memory-log.ts'
import { json, serve } from '../support/serve.ts'

interface Thing {
  readonly resourceVersion: string
  readonly value: unknown
}

type Answer = (query: URLSearchParams, response: ServerResponse, request: IncomingMessage) => void

interface Scene {
  readonly watched: Watched<Thing>
  readonly log: MemoryLog
  /** Queries in the order in which they came. */
  readonly asked: URLSearchParams[]
  /** `key=value` or `key gone`, in the order in which listeners were told. */
  readonly told: string[]
  readonly waits: number[]
}

/** A collection whose nth request is answered by the nth of `script`; what comes after stays open and silent. */
async function scene(t: Tap, script: Answer[], options: Partial<WatchOptions<Thing>> = {}): Promise<Scene> {
  const asked: URLSearchParams[] = []
  const url = await serve(t, (request, response) => {
    const query = new URL(request.url ?? '', 'http://x').searchParams
    const answer = script[asked.length]
    asked.push(query)
    if (answer === undefined) response.writeHead(200).flushHeaders()
    else answer(query, response, request)
  })
  const log = createMemoryLog()
  const waits: number[] = []
  const stop = new AbortController()
  const watched = createWatched<Thing>({
    http: createTransport(await loadCredentials({ apiHost: url, env: {} }), systemClock),
    path: '/api/v1/things',
    parse,
    clock: { ...systemClock, sleep: (ms, signal) => systemClock.sleep(Math.min(ms, 200), signal) },
    log,
    inactivityMs: 5_000,
    backoff: (failures) => {
      waits.push(failures)
      return 1
    },
    ...options,
  })
  const told: string[] = []
  watched.onChange((key, after) => told.push(after === undefined ? `${key} gone` : `${key}=${after.value}`))
  const running = watched.run(stop.signal)
  t.teardown(async () => {
    stop.abort(new Error('test over'))
    await running
  })
  return { watched, log, asked, told, waits }
}

type Tap = { teardown(handler: () => void | Promise<void>): void }

function parse(object: unknown): { key: string; resourceVersion: string; item: Thing } | undefined {
  const { metadata, value } = object as { metadata: { name: string; resourceVersion: string }; value: unknown }
  if (value === 'throw') throw new Error('absurd')
  if (value === undefined) return undefined
  const { name, resourceVersion } = metadata
  return { key: name, resourceVersion, item: { resourceVersion, value } }
}

const thing = (name: string, resourceVersion: number | string, value: unknown = resourceVersion): object => ({
  metadata: { name, resourceVersion: String(resourceVersion) },
  value,
})
const event = (type: string, object: object): string => `${JSON.stringify({ type, object })}\n`
const bookmark = (version: number, end = false): string =>
  event('BOOKMARK', {
    metadata: {
      resourceVersion: String(version),
      ...(end ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {}),
    },
  })

/** A streamed list of these objects. */
const listed =
  (version: number, ...objects: object[]): Answer =>
  (_query, response) => {
    response.writeHead(200)
    response.write(objects.map((object) => event('ADDED', object)).join('') + bookmark(version, true))
  }
/** A watch that says this and stays open. */
const says =
  (...events: string[]): Answer =>
  (_query, response) =>
    void response.writeHead(200).write(events.join(''))
/** A watch that says this and ends. */
const ends =
  (...events: string[]): Answer =>
  (_query, response) =>
    void response.writeHead(200).end(events.join(''))
const refuses =
  (status: number, reason: string, headers: Record<string, string> = {}): Answer =>
  (_query, response) =>
    json(response, status, { kind: 'Status', code: status, reason }, headers)

async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 3_000
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`never: ${condition}`)
    await systemClock.sleep(2, AbortSignal.timeout(5_000))
  }
}

t.test(
  'a streamed list is followed by a watch from its end, and each change is told with what was before',
  async (t) => {
    const { watched, asked, told } = await scene(t, [
      listed(10, thing('a', 3), thing('b', 4)),
      says(event('MODIFIED', thing('a', 11)), event('DELETED', thing('b', 12, 4)), event('ADDED', thing('c', 13))),
    ])
    t.equal(watched.seenAt, undefined)
    await until(() => told.length === 5)
    t.same(told, ['a=3', 'b=4', 'a=11', 'b gone', 'c=13'])
    t.same([...watched.items.keys()], ['a', 'c'])
    t.match(Object.fromEntries(asked[0] ?? []), { sendInitialEvents: 'true', resourceVersionMatch: 'NotOlderThan' })
    t.match(Object.fromEntries(asked[1] ?? []), { watch: 'true', resourceVersion: '10', allowWatchBookmarks: 'true' })
    t.type(watched.seenAt, 'number')
  },
)

t.test('a copy that is not complete yet has not been seen', async (t) => {
  const { watched, told } = await scene(t, [says(event('ADDED', thing('a', 3)))])
  await until(() => told.length === 1)
  t.equal(watched.seenAt, undefined)
})

t.test('a server that refuses streamed lists is asked for pages', async (t) => {
  for (const status of [400, 422]) {
    const { told, asked } = await scene(t, [
      refuses(status, 'Invalid'),
      (_query, response) =>
        json(response, 200, { metadata: { resourceVersion: '9', continue: 'next' }, items: [thing('a', 3)] }),
      (_query, response) => json(response, 200, { items: [thing('b', 4)], metadata: { resourceVersion: '9' } }),
      says(event('MODIFIED', thing('b', 10))),
    ])
    await until(() => told.length === 3)
    t.same(told, ['a=3', 'b=4', 'b=10'])
    t.equal(asked[1]?.get('limit'), '500')
    t.equal(asked[2]?.get('continue'), 'next')
    t.equal(asked[3]?.get('resourceVersion'), '9')
  }
})

t.test('a list that fails half-way removes nothing, and the next one is asked for in pages', async (t) => {
  const { watched, told, asked } = await scene(t, [
    listed(10, thing('a', 3), thing('b', 4)),
    refuses(410, 'Expired'),
    ends(event('ADDED', thing('a', 3))),
    (_query, response) => json(response, 200, { metadata: { resourceVersion: '20' }, items: [thing('a', 3)] }),
  ])
  await until(() => asked.length === 5)
  t.same(told, ['a=3', 'b=4', 'b gone'])
  t.same([...watched.items.keys()], ['a'])
  t.ok(asked[2]?.has('sendInitialEvents'))
  t.ok(asked[3]?.has('limit'))
})

t.test(
  '410 as a status or as an event lists anew: what is missing is gone, what is unchanged is not told',
  async (t) => {
    for (const expired of [
      refuses(410, 'Expired'),
      says(event('ERROR', { kind: 'Status', code: 410, reason: 'Expired' })),
    ]) {
      const { told } = await scene(t, [
        listed(10, thing('a', 3), thing('b', 4), thing('c', 5)),
        expired,
        listed(50, thing('a', 3), thing('b', 40)),
      ])
      await until(() => told.includes('c gone'))
      t.same(told, ['a=3', 'b=4', 'c=5', 'b=40', 'c gone'])
    }
  },
)

t.test('a watch that ends goes on where it ended, without a list and without a wait', async (t) => {
  const { asked, waits } = await scene(t, [listed(10), ends(event('ADDED', thing('a', 11)), bookmark(15)), says()])
  await until(() => asked.length === 3)
  t.equal(asked[2]?.get('resourceVersion'), '15')
  t.same(waits, [])
})

t.test(
  'a silent watch is given up and taken up again where it was, and does not count as seen meanwhile',
  async (t) => {
    const { asked, watched, log } = await scene(t, [listed(10), says(bookmark(12)), says()], { inactivityMs: 40 })
    await until(() => asked.length === 2)
    const before = watched.seenAt
    await until(() => asked.length === 3)
    t.equal(asked[2]?.get('resourceVersion'), '12')
    t.match(log.lines[0], { level: 'warn', msg: 'watch failed', fields: { error: /silent for 40 ms/ } })
    t.ok((before ?? 0) <= (watched.seenAt ?? 0))
  },
)

t.test('a server that does not even send headers is given up too', async (t) => {
  const { told } = await scene(t, [() => undefined, () => undefined, listed(10, thing('a', 3))], { inactivityMs: 30 })
  await until(() => told.length === 1)
  t.same(told, ['a=3'])
})

t.test('429 is not asked again before its Retry-After is over', async (t) => {
  const done: string[] = []
  const clock = {
    ...systemClock,
    sleep: async (ms: number, signal: AbortSignal) => {
      if (ms !== 3_000) return systemClock.sleep(ms, signal)
      await systemClock.sleep(20, signal)
      done.push('slept 3 s')
    },
  }
  const busy = refuses(429, 'TooManyRequests', { 'retry-after': '3' })
  const again: Answer = (...args) => {
    done.push('asked again')
    listed(10, thing('a', 3))(...args)
  }
  const { told } = await scene(t, [busy, again], { clock })
  await until(() => told.length === 1)
  t.same(done, ['slept 3 s', 'asked again'])
})

t.test('failures in a row wait longer and longer, are warned of once, and the third lists anew', async (t) => {
  const down = refuses(503, 'ServiceUnavailable')
  const { asked, waits, log, told } = await scene(t, [
    listed(10, thing('a', 3)),
    ends(),
    down,
    down,
    listed(20, thing('a', 19)),
    says(bookmark(21)),
  ])
  await until(() => log.lines.some((line) => line.msg === 'watch is back'))
  t.same(waits, [0, 1, 2])
  t.same(
    log.lines.filter((line) => line.level !== 'debug').map((line) => [line.level, line.msg]),
    [
      ['warn', 'watch failed'],
      ['info', 'watch is back'],
    ],
  )
  t.ok(asked[4]?.has('sendInitialEvents'))
  t.same(told, ['a=3', 'a=19'])
})

t.test('garbage in the stream is survived, and what came before it stays', async (t) => {
  const { told, asked } = await scene(t, [
    listed(10, thing('a', 3)),
    says(event('ADDED', thing('b', 11)), 'no json at all\n'),
    says(event('WEIRD', thing('b', 12))),
    says('[]\n'),
    listed(30, thing('a', 3), thing('b', 11), thing('c', 20)),
  ])
  await until(() => told.length === 3)
  t.same(told, ['a=3', 'b=11', 'c=20'])
  t.equal(asked[2]?.get('resourceVersion'), '11')
})

t.test(
  'a malformed object is skipped with a warning that names it, and its last good copy stays through a list',
  async (t) => {
    const broken = { metadata: { name: 'a', resourceVersion: '11' } }
    const { told, log, watched } = await scene(t, [
      listed(10, thing('a', 3), thing('b', 4, 'throw')),
      says(event('MODIFIED', broken), event('ERROR', { code: 410 })),
      listed(20, broken, thing('c', 15)),
    ])
    await until(() => told.includes('c=15'))
    t.same(told, ['a=3', 'c=15'])
    t.ok(watched.items.has('a'))
    const warned = log.lines.filter((line) => line.msg === 'malformed object skipped')
    t.match(warned, [
      { fields: { object: 'b', why: 'absurd' } },
      { fields: { object: 'a' } },
      { fields: { object: 'a' } },
    ])
  },
)

t.test('a listener that throws does not end the watch for the others', async (t) => {
  const { watched, told, log } = await scene(t, [listed(10, thing('a', 3)), says(event('ADDED', thing('b', 11)))])
  watched.onChange(() => {
    throw new Error('bug')
  })
  await until(() => told.length === 2)
  t.ok(log.lines.some((line) => line.level === 'error' && line.msg === 'listener failed'))
})

t.test('a folded write wins over older events and loses to newer ones', async (t) => {
  let say: (text: string) => void = () => undefined
  const { watched, told, asked } = await scene(t, [
    listed(10, thing('a', 3)),
    (_query, response) => {
      response.writeHead(200).flushHeaders()
      say = (text) => response.write(text)
    },
  ])
  await until(() => asked.length === 2)
  watched.fold('a', { resourceVersion: '100', value: 'ours' })
  watched.fold('a', { resourceVersion: '99', value: 'late' })
  say(
    event('MODIFIED', thing('a', 12)) + event('MODIFIED', thing('a', 100, 'same')) + event('MODIFIED', thing('a', 101)),
  )
  await until(() => told.includes('a=101'))
  t.same(told, ['a=3', 'a=ours', 'a=101'])
})

t.test('what we deleted does not come back by events of the time before', async (t) => {
  let say: (text: string) => void = () => undefined
  const { watched, told, asked } = await scene(t, [
    listed(10, thing('a', 3)),
    (_query, response) => {
      response.writeHead(200).flushHeaders()
      say = (text) => response.write(text)
    },
  ])
  await until(() => asked.length === 2)
  watched.fold('a', undefined)
  say(event('MODIFIED', thing('a', 12)) + event('DELETED', thing('a', 13)) + event('ADDED', thing('a', 14)))
  await until(() => told.includes('a=14'))
  t.same(told, ['a=3', 'a gone', 'a=14'])
})

t.test('after etcd was restored from a backup, a list with lower versions is believed', async (t) => {
  const { told } = await scene(t, [
    listed(1000, thing('a', 900)),
    refuses(410, 'Expired'),
    listed(500, thing('a', 400)),
    says(event('MODIFIED', thing('a', 501))),
  ])
  await until(() => told.length === 3)
  t.same(told, ['a=900', 'a=400', 'a=501'])
})
