import t from 'tap'
import { none } from '../../src/cloudprovider/none.ts'
import { ALONE } from '../../src/core/model/node-repair.ts'
import { createObserver } from '../../src/observer/observer.ts'
import { createVirtualClock } from '../../src/simulator/clock/virtual-clock.ts'
import { createMemoryLog } from '../support/memory-log.ts'
import { policy, view } from '../support/pure/view.ts'

t.test('an observer whose every look fails in the same way says so once', async (t) => {
  const clock = createVirtualClock()
  const log = createMemoryLog()
  const told: string[] = []
  const ending = new AbortController()
  let broken: string | undefined
  const source = {
    items: new Map(),
    onChange: () => undefined,
    applyWrite: () => undefined,
    run: async () => undefined,
  }
  const watched = {
    ...source,
    get seenAt() {
      if (broken !== undefined) throw new Error(broken)
      return clock.now()
    },
  }
  const observer = createObserver({
    ...{
      clock,
      log,
      calendar: clock.wall,
      skewMs: () => 0,
      ownNode: undefined,
      installation: ALONE,
      suspectIntervalMs: 5_000,
    },
    tell: ({ reason, message }) => told.push(`${reason}: ${message}`),
    nodes: watched,
    repairs: watched,
    heartbeats: {
      ...source,
      applyRead: () => undefined,
      get seenAt() {
        return clock.now()
      },
    },
    unreadable: () => new Map(),
    policy: () => policy(),
    switches: () => view().switches,
    leadership: { leading: () => false, renewalsFine: () => true, takerPresent: () => true },
    ledger: () => ({ usable: true, reason: 'Ok' }),
    provider: none.create({}, { clock, log }),
    probe: () => Promise.reject(new Error('nobody is probed')),
    localVolumes: () => Promise.reject(new Error('nobody is asked')),
  })
  const loop = observer.loops.find(({ name }) => name === 'observer')
  const ended = loop?.run(ending.signal)
  // A look that fails nothing is followed by the next one when sight could be lost: 30 s.
  for (broken of ['a', 'b', undefined, 'b']) await clock.advance(60_000)
  ending.abort()
  await ended
  t.same(told, ['LookFailed: a', 'LookFailed: b', 'LookFailed: b'])
})
