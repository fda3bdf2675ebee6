import t from 'tap'
import { none } from '../../src/cloudprovider/none.ts'
import type { Finding } from '../../src/core/model/finding.ts'
import type { Condition, Heartbeat, NodeFacts } from '../../src/core/model/node.ts'
import { ALONE, type NodeRepair } from '../../src/core/model/node-repair.ts'
import type { PollCheck } from '../../src/core/ports/health-check.ts'
import type { Notice } from '../../src/core/ports/log.ts'
import { createChecks } from '../../src/healthcheck/registry.ts'
import { createObserver } from '../../src/observer/observer.ts'
import { createVirtualClock } from '../../src/simulator/clock/virtual-clock.ts'
import { createMemoryLog } from '../support/memory-log.ts'
import { CALENDAR, node, policy, SECOND, switches } from '../support/pure/view.ts'

const READY: Condition = { type: 'Ready', status: 'True', reason: 'KubeletReady' }
const BROKEN: Condition = { type: 'Ready', status: 'False', reason: 'Broken' }

function createSource<T>(now: () => number) {
  const items = new Map<string, T>()
  const listeners: ((key: string, after: T | undefined, before: T | undefined) => void)[] = []
  let seenAt: number | undefined
  return {
    items,
    see: () => {
      seenAt = now()
    },
    get seenAt() {
      return seenAt
    },
    onChange: (listener: (key: string, after: T | undefined, before: T | undefined) => void) =>
      void listeners.push(listener),
    applyWrite(key: string, after: T | undefined) {
      const before = items.get(key)
      if (after === undefined) items.delete(key)
      else items.set(key, after)
      for (const listener of listeners) listener(key, after, before)
    },
    run: async () => undefined,
  }
}

/** An observer whose sources say something only when the test does. */
async function scene(t: { teardown(end: () => void): void }) {
  const virtual = createVirtualClock()
  let sleeps = 0
  const clock = {
    ...virtual,
    sleep(ms: number, signal: AbortSignal) {
      sleeps++
      return virtual.sleep(ms, signal)
    },
  }
  const log = createMemoryLog()
  const notices: Notice[] = []
  const probedAt: number[] = []
  const nodes = createSource<NodeFacts>(clock.now)
  const repairs = createSource<NodeRepair>(clock.now)
  const beats = createSource<Heartbeat>(clock.now)
  const stop = new AbortController()
  t.teardown(() => stop.abort())
  const observer = createObserver({
    ...{ clock, log, nodes, repairs },
    heartbeats: Object.assign(beats, { onChange: () => undefined, applyRead: () => undefined }),
    tell: (notice) => void notices.push(notice),
    provider: none.create({}, { clock, log }),
    probe: async () => {
      probedAt.push(clock.now())
      return { status: 'fail', reason: 'Timeout', seenAt: clock.now() }
    },
    localVolumes: async () => [],
    suspectIntervalMs: 5 * SECOND,
    unreadable: () => new Map(),
    policy: () => policy(),
    switches: () => switches(),
    calendar: () => CALENDAR + clock.now(),
    skewMs: () => 0,
    leadership: { leading: () => false, renewalsFine: () => false, takerPresent: () => true },
    ledger: () => ({ usable: true, reason: '' }),
    ownNode: undefined,
    installation: ALONE,
  })
  observer.setChecks(
    { master: [], worker: createChecks('worker', [{ type: 'NodeCondition' }], { clock, log, token: undefined }) },
    30 * SECOND,
  )
  const seeAll = (): void => {
    for (const source of [nodes, repairs, beats]) source.see()
  }
  seeAll()
  nodes.applyWrite('w0', node('w0', { conditions: [READY] }))
  const looking = observer.loops.find(({ name }) => name === 'observer')
  void looking?.run(stop.signal)
  await clock.advance(SECOND)
  return { clock, nodes, seeAll, observer, notices, probedAt, sleeps: () => sleeps }
}

t.test('where nothing happens and nothing is due, nobody looks before sight would be lost', async (t) => {
  const { clock, seeAll, sleeps, notices } = await scene(t)
  seeAll()
  const before = sleeps()
  await clock.advance(29 * SECOND)
  seeAll()
  await clock.advance(29 * SECOND)
  t.ok(sleeps() - before <= 4, `${sleeps() - before} sleeps, two of them a look`)
  t.same(notices, [])
})

t.test('sight is lost right after its limit, and found again a quarter of a second after it is back', async (t) => {
  const { clock, seeAll, observer } = await scene(t)
  seeAll()
  const seenAt = clock.now()
  await clock.advance(30 * SECOND)
  t.equal(observer.assembleView().sight.blindSince, undefined)
  await clock.advance(1)
  t.equal(observer.assembleView().sight.blindSince, seenAt)
  await clock.advance(60 * SECOND + 100)
  seeAll()
  await clock.advance(250)
  t.equal(observer.assembleView().sight.blindSince, undefined)
})

t.test('a node that fails is probed at once, and again at each of its turns', async (t) => {
  const { clock, nodes, seeAll, probedAt } = await scene(t)
  await clock.advance(3_333)
  const brokenAt = clock.now()
  nodes.applyWrite('w0', node('w0', { conditions: [BROKEN] }))
  for (let second = 0; second < 16; second++) {
    seeAll()
    await clock.advance(SECOND)
  }
  t.same(
    probedAt.map((at) => at - brokenAt),
    [0, 5_000, 10_000, 15_000],
  )
})

t.test('changes that come thick and fast are looked at together, four times a second', async (t) => {
  const { clock, nodes, seeAll, sleeps } = await scene(t)
  seeAll()
  const before = sleeps()
  for (let change = 0; change < 1_000; change++) {
    nodes.applyWrite('w1', node('w1', { resourceVersion: String(change), conditions: [READY] }))
    await clock.advance(10)
  }
  // Having been rung, each look is followed by the least sleep alone.
  const looks = sleeps() - before
  t.ok(looks > 35 && looks <= 41, `${looks} looks`)
})

t.test(
  'a late answer of a poll is about the Node that was asked about, not about the next one of its name',
  async (t) => {
    for (const isSeenGone of [true, false]) {
      const { clock, nodes, seeAll, observer } = await scene(t)
      let answer: (findings: ReadonlyMap<string, Finding>) => void = () => undefined
      const slow: PollCheck = {
        ...{ kind: 'poll', name: 'Slow', type: 'Test', plane: 'probe', symptom: 'Unreachable' },
        ...{ unhealthyDurationMs: 300 * SECOND, healthyDurationMs: 0 },
        poll: () =>
          new Promise((resolve) => {
            answer = resolve
          }),
      }
      const stop = new AbortController()
      t.teardown(() => stop.abort())
      void observer.loops.find(({ name }) => name === 'polled checks')?.run(stop.signal)
      observer.setChecks({ master: [], worker: [slow] }, 30 * SECOND)
      await clock.advance(SECOND)
      if (isSeenGone) nodes.applyWrite('w0', undefined)
      else nodes.applyWrite('w0', node('w0', { uid: 'another', conditions: [READY] }))
      answer(new Map([['w0', { status: 'fail', reason: 'Timeout', seenAt: clock.now() }]]))
      await clock.advance(SECOND)
      nodes.applyWrite('w0', node('w0', { uid: 'another', conditions: [READY] }))
      seeAll()
      await clock.advance(SECOND)
      t.notOk(observer.assembleView().suspicions.has('w0'), 'nothing of it fails')
    }
  },
)
