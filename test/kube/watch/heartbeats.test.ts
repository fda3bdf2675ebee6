import fc from 'fast-check'
import t from 'tap'
import type { Clock } from '../../../src/core/ports/clock.ts'
import type { Heartbeats } from '../../../src/core/ports/watched.ts'
import { loadCredentials } from '../../../src/kube/client/load-credentials.ts'
import { createTransport } from '../../../src/kube/client/transport.ts'
import { createHeartbeats } from '../../../src/kube/watch/heartbeats.ts'
import { scanLease } from '../../../src/kube/watch/lease-scan.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import { createMemoryLog, type MemoryLog } from '../../support/memory-log.ts'
import { type Handler, json, serve } from '../../support/serve.ts'

const lease = (name: string, renewTime?: string): object => ({
  metadata: { name, ownerReferences: [{ kind: 'Node', name: 'an-owner' }], annotations: { a: '"renewTime":"no"' } },
  spec: { holderIdentity: name, leaseDurationSeconds: 40, ...(renewTime ? { renewTime } : {}) },
})

interface Scene {
  readonly heartbeats: Heartbeats
  readonly log: MemoryLog
  readonly queries: (string | undefined)[]
  /** Waits for the next round: an answer, or a failure that was logged. */
  round(): Promise<void>
}

/** Each round is answered by what `answer` is then; `now` is the clock. */
async function scene(t: Tap, state: { now: number; answer: Handler }): Promise<Scene> {
  const queries: (string | undefined)[] = []
  let wake: () => void = () => undefined
  const url = await serve(t, (request, response) => {
    queries.push(request.url)
    return state.answer(request, response)
  })
  const log = createMemoryLog()
  const stop = new AbortController()
  const resting: (() => void)[] = []
  const clock: Clock = {
    now: () => state.now,
    wall: () => state.now,
    // The pause between rounds ends when the test wants the next one; the watchdog's never does.
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason), { once: true })
        if (ms > 5_000) return
        resting.push(resolve)
        wake()
      }),
  }
  const heartbeats = createHeartbeats({
    http: createTransport(await loadCredentials({ apiHost: url, env: {} }), systemClock),
    clock,
    log,
  })
  let running: Promise<void> | undefined
  t.teardown(async () => {
    stop.abort(new Error('test over'))
    await running
  })
  return {
    heartbeats,
    log,
    queries,
    async round() {
      const rested = new Promise<void>((resolve) => {
        wake = resolve
      })
      resting.shift()?.()
      running ??= heartbeats.run(stop.signal)
      await rested
    },
  }
}

type Tap = { teardown(handler: () => void | Promise<void>): void }

const list =
  (...items: object[]): Handler =>
  (_request, response) =>
    json(response, 200, { metadata: { resourceVersion: '1' }, items })

t.test('a heartbeat ages from when our clock last saw the record change, whatever time it names', async (t) => {
  const state = { now: 1_000, answer: list(lease('a', '1999-01-01T00:00:00Z'), lease('b', '2099-01-01T00:00:00Z')) }
  const { heartbeats, round, queries } = await scene(t, state)
  let told = 0
  heartbeats.onChange(() => told++)
  await round()
  state.now = 6_000
  state.answer = list(lease('b', '2099-01-01T00:00:00Z'), lease('a', '1998-01-01T00:00:00Z'))
  await round()
  t.same(heartbeats.items.get('a'), { renewTime: '1998-01-01T00:00:00Z', changedAt: 6_000 })
  t.same(heartbeats.items.get('b'), { renewTime: '2099-01-01T00:00:00Z', changedAt: 1_000 })
  t.equal(heartbeats.seenAt, 6_000)
  t.equal(told, 2)
  t.equal(queries[0], '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases?resourceVersion=0')
})

t.test('a lease that is gone from the list is gone', async (t) => {
  const state = { now: 0, answer: list(lease('a', 'x'), lease('b', 'x')) }
  const { heartbeats, round } = await scene(t, state)
  await round()
  state.answer = list(lease('b', 'x'))
  await round()
  t.same([...heartbeats.items.keys()], ['b'])
})

t.test('an answer that is refused, cut short or garbage changes nothing and is no sign of life', async (t) => {
  const state = { now: 0, answer: list(lease('a', 'x'), lease('b', 'x')) }
  const { heartbeats, round, log } = await scene(t, state)
  await round()
  const bad: Handler[] = [
    (_request, response) => json(response, 500, { kind: 'Status' }),
    (_request, response) => {
      response.writeHead(200).end('{"metadata":{},"items":[{"metadata":{"name":"a"},"spec":{"renewTime":"y"}},')
    },
    (_request, response) => {
      response.writeHead(200).end('<html>')
    },
    (request) => {
      request.socket.destroy()
    },
  ]
  for (const answer of bad) {
    state.now += 5_000
    state.answer = answer
    await round()
    t.equal(heartbeats.seenAt, 0)
    t.equal(heartbeats.items.size, 2)
    t.equal(heartbeats.items.get('a')?.renewTime, 'x')
  }
  t.equal(log.lines.filter((line) => line.level === 'warn').length, 1)
  state.answer = list(lease('a', 'z'))
  await round()
  t.equal(heartbeats.seenAt, 20_000)
  t.ok(log.lines.some((line) => line.msg === 'heartbeats are back'))
})

t.test('a lease that was never renewed is no heartbeat', async (t) => {
  const { heartbeats, round } = await scene(t, { now: 0, answer: list(lease('a'), lease('b', 'x')) })
  await round()
  t.same([...heartbeats.items.keys()], ['b'])
})

t.test('a lease is read the same in every order of members and with every imitation inside', async (t) => {
  const imitation = fc.constantFrom('renewTime', '"renewTime":"x"', 'name', '{"metadata":{"name":"x"}}', '\\', '"')
  const text = fc.oneof(imitation, fc.string())
  const name = fc.stringMatching(/^[a-z][a-z0-9.-]{0,20}$/)
  const time = fc.date({ noInvalidDate: true }).map((date) => date.toISOString())
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(
        name,
        time,
        fc.dictionary(text, text),
        fc.boolean(),
        fc.boolean(),
        (node, renewTime, annotations, flip, late) => {
          const metadata = late ? { annotations, name: node } : { name: node, annotations }
          const spec = flip ? { renewTime, holderIdentity: node } : { holderIdentity: node, renewTime }
          const found = scanLease(Buffer.from(JSON.stringify(flip ? { spec, metadata } : { metadata, spec })))
          return found?.name === node && found.renewTime === renewTime
        },
      ),
      { numRuns: 500 },
    ),
  )
})
