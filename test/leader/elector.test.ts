import t from 'tap'
import { LeaseLostError, type Term } from '../../src/core/ports.ts'
import { runElector } from '../../src/leader/elector.ts'
import type { ElectorOptions, Lead } from '../../src/leader/options.ts'
import { createProcess, createWorld, LeaseStore, type Process, type World } from '../support/election.ts'

interface Contender {
  readonly process: Process
  readonly terms: Term[]
  readonly stop: () => void
  readonly stopped: () => boolean
  /** Monotonic times at which `lead` was called and returned. */
  readonly spans: { from: number; to: number }[]
}

/** Leads until it is told to end, as the controller does. */
const untilEnding: Lead = (term, ending) =>
  new Promise((resolve) => {
    term.signal.addEventListener('abort', () => resolve())
    ending.addEventListener('abort', () => resolve())
  })

function contend(
  world: World,
  name: string,
  stores: readonly [LeaseStore, ...LeaseStore[]],
  options: Partial<ElectorOptions> & { lead?: Lead } = {},
): Contender {
  const process = createProcess(world, name)
  const shutdown = new AbortController()
  const terms: Term[] = []
  const spans: { from: number; to: number }[] = []
  let over = false
  const lead: Lead = async (term, ending) => {
    terms.push(term)
    const span = { from: world.now(), to: Infinity }
    spans.push(span)
    try {
      return await (options.lead ?? untilEnding)(term, ending)
    } finally {
      span.to = world.now()
    }
  }
  const [own, ...others] = stores
  void runElector(
    {
      leases: [
        process.connect(own, 'kube-system/heald'),
        ...others.map((s, i) => process.connect(s, `kube-system/x${i}`)),
      ],
      identity: name,
      clock: process.clock,
      tell: (notice) => process.notices.push(notice),
      minimumEpoch: () => 0,
      ...options,
    },
    lead,
    shutdown.signal,
  ).then(() => {
    over = true
  })
  return { process, terms, spans, stop: () => shutdown.abort(new Error('SIGTERM')), stopped: () => over }
}

function isLeading({ terms, spans }: Contender): boolean {
  return spans.at(-1)?.to === Infinity && terms.at(-1)?.signal.aborted === false
}

t.test('the first candidate of a new cluster leads at once, and the others follow it', async (t) => {
  const world = createWorld()
  const store = new LeaseStore()
  const a = contend(world, 'a', [store])
  await world.runTo(10)
  const b = contend(world, 'b', [store])
  await world.runTo(120_000)
  t.ok(isLeading(a))
  t.equal(a.terms.length, 1)
  t.equal(a.terms[0]?.epoch, 1)
  t.equal(b.terms.length, 0)
  t.match(store.stored, { holder: 'a', transitions: 1, leaseDurationSeconds: 15 })
  t.strictSame(b.process.reasons(), ['FollowingLeader'], 'told once')
})

t.test('an idle leader sends one request in four seconds', async (t) => {
  const world = createWorld()
  const a = contend(world, 'a', [new LeaseStore()])
  await world.runTo(400_000)
  t.ok(isLeading(a))
  t.ok(a.process.requests.length <= 103, `${a.process.requests.length} requests`)
})

t.test('after a clean stop another one leads within two seconds, with a higher epoch', async (t) => {
  const world = createWorld()
  const store = new LeaseStore()
  const a = contend(world, 'a', [store])
  await world.runTo(10)
  const b = contend(world, 'b', [store])
  await world.runTo(61_234)
  a.stop()
  await world.runTo(61_300)
  t.ok(a.stopped())
  t.match(store.stored, { holder: '', leaseDurationSeconds: 1, transitions: 1 })
  await world.runTo(63_300)
  t.ok(isLeading(b))
  t.equal(b.terms[0]?.epoch, 2)
})

t.test('after a kill another one leads within twenty seconds', async (t) => {
  const world = createWorld()
  const store = new LeaseStore()
  const a = contend(world, 'a', [store])
  await world.runTo(10)
  const b = contend(world, 'b', [store])
  await world.runTo(60_000)
  a.process.freeze(Infinity)
  await world.runTo(70_000)
  t.equal(b.terms.length, 0, 'not before the lease is over')
  await world.runTo(80_000)
  t.ok(isLeading(b))
})

t.test('a candidate counts from when it saw the record itself, however old its renewTime reads', async (t) => {
  const world = createWorld()
  const store = new LeaseStore()
  store.put({ holder: 'x', transitions: 7, renewedAt: 0, acquiredAt: 0, leaseDurationSeconds: 15 })
  const a = contend(world, 'a', [store])
  await world.runTo(14_900)
  t.equal(a.terms.length, 0)
  await world.runTo(18_000)
  t.equal(a.terms[0]?.epoch, 8)
})

t.test('a lease with a longer duration than ours is waited for as long as its holder was promised', async (t) => {
  const world = createWorld()
  const store = new LeaseStore()
  store.put({ holder: 'x', transitions: 7, renewedAt: 0, acquiredAt: 0, leaseDurationSeconds: 60 })
  const a = contend(world, 'a', [store])
  await world.runTo(59_000)
  t.equal(a.terms.length, 0)
  await world.runTo(63_000)
  t.ok(isLeading(a))
})

for (const [name, harm] of [
  ['does not answer', (p: Process) => Object.assign(p, { cutUntil: 90_000 })],
  ['answers with errors', (p: Process) => Object.assign(p, { failing: true })],
] as const) {
  t.test(
    `a leader whose API server ${name} stops by the renew deadline, and leads again later with a new epoch`,
    async (t) => {
      const world = createWorld()
      const a = contend(world, 'a', [new LeaseStore()])
      await world.runTo(60_000)
      harm(a.process)
      await world.runTo(65_000)
      t.ok(isLeading(a), 'five seconds without an answer are no reason yet')
      await world.runTo(70_010)
      t.ok(a.spans[0] !== undefined && a.spans[0].to <= 70_010)
      t.type(a.terms[0]?.signal.reason, LeaseLostError)
      a.process.failing = false
      await world.runTo(120_000)
      t.ok(isLeading(a))
      t.equal(a.terms[1]?.epoch, 2)
      t.equal(a.process.reasons().filter((r) => r === 'LeaseLost').length, 1)
      t.ok(a.process.reasons().includes('LeaseReachable'))
    },
  )
}

t.test('a renewal whose answer got lost does not cost the lease', async (t) => {
  const world = createWorld()
  const a = contend(world, 'a', [new LeaseStore()])
  await world.runTo(10)
  let count = 0
  a.process.hop = () => ({ toMs: 1, backMs: 1, ...(count++ % 4 === 0 ? { lose: 'answer' as const } : {}) })
  await world.runTo(200_000)
  t.equal(a.terms.length, 1)
  t.ok(isLeading(a))
})

t.test('a person who labels the Lease does not end the term', async (t) => {
  const world = createWorld()
  const store = new LeaseStore()
  const a = contend(world, 'a', [store])
  await world.runTo(10_000)
  store.touch()
  await world.runTo(30_000)
  t.equal(a.terms.length, 1)
  t.ok(isLeading(a))
})

t.test(
  'a leader that wakes from a freeze refuses to act before it has asked anybody, and says that it lost the lease',
  async (t) => {
    const world = createWorld()
    const a = contend(world, 'a', [new LeaseStore()])
    await world.runTo(60_000)
    const term = a.terms[0]!
    let sent: number | undefined
    let refusal: unknown
    const act = async (): Promise<void> => {
      const before = a.process.requests.length
      refusal = await term.renew(new AbortController().signal).catch((thrown: unknown) => thrown)
      sent = a.process.requests.length - before
    }
    a.process.freeze(10_100)
    world.schedule(-1, () => void act(), a.process)
    await world.runTo(70_100)
    t.type(refusal, LeaseLostError)
    t.equal(sent, 0)
    t.ok(term.signal.aborted)
    t.ok(a.process.reasons().includes('LeaseLost'))
  },
)

t.test('the signal of a term reads as aborted right after a freeze, whoever looks first', async (t) => {
  const world = createWorld()
  const a = contend(world, 'a', [new LeaseStore()])
  await world.runTo(60_000)
  let aborted: boolean | undefined
  world.schedule(
    1,
    () => {
      aborted = a.terms[0]?.signal.aborted
    },
    a.process,
  )
  a.process.freeze(30_000)
  await world.runTo(90_000)
  t.equal(aborted, true)
})

t.test(
  'a fence whose lease was taken in the meantime refuses, however short the freeze looked to our clock',
  async (t) => {
    const world = createWorld()
    const store = new LeaseStore()
    const a = contend(world, 'a', [store])
    await world.runTo(60_000)
    // A paused virtual machine: its clock stood still while another one took over.
    store.put({ holder: 'b', transitions: 2, renewedAt: 1, acquiredAt: 1, leaseDurationSeconds: 15 })
    const refused = a.terms[0]!.renew(new AbortController().signal).then(
      () => 'passed',
      (e: unknown) => e,
    )
    await world.runTo(60_010)
    t.type(await refused, LeaseLostError)
    t.ok(a.terms[0]?.signal.aborted)
    t.match(store.stored, { holder: 'b' })
  },
)

t.test('a fence that was answered after the renew deadline refuses', async (t) => {
  const world = createWorld()
  const a = contend(world, 'a', [new LeaseStore()])
  await world.runTo(60_000)
  const refused = a.terms[0]!.renew(new AbortController().signal).then(
    () => 'passed',
    (e: unknown) => e,
  )
  world.schedule(1, () => a.process.freeze(10_500))
  await world.runTo(71_000)
  t.type(await refused, Error)
  t.ok(a.terms[0]?.signal.aborted)
})

t.test('fences that are asked for at once pass one after the other', async (t) => {
  const world = createWorld()
  const store = new LeaseStore()
  const a = contend(world, 'a', [store])
  await world.runTo(60_000)
  const before = store.writes
  const { signal } = new AbortController()
  const all = Promise.all([1, 2, 3].map(() => a.terms[0]!.renew(signal)))
  await world.runTo(60_100)
  await all
  t.equal(store.writes - before, 3)
})

t.test('a deleted Lease ends the term; the former leader makes it anew with a higher epoch', async (t) => {
  const world = createWorld()
  const store = new LeaseStore()
  const a = contend(world, 'a', [store])
  await world.runTo(10)
  const b = contend(world, 'b', [store])
  await world.runTo(60_000)
  store.stored = undefined
  await world.runTo(70_000)
  t.ok(isLeading(a))
  t.strictSame(
    a.terms.map((term) => term.epoch),
    [1, 2],
  )
  t.equal(b.terms.length, 0)
})

t.test('whoever saw a leader waits a whole lease duration when the Lease vanishes', async (t) => {
  const world = createWorld()
  const store = new LeaseStore()
  const a = contend(world, 'a', [store])
  await world.runTo(10)
  const b = contend(world, 'b', [store])
  await world.runTo(60_000)
  a.process.freeze(Infinity)
  store.stored = undefined
  await world.runTo(74_000)
  t.equal(b.terms.length, 0)
  await world.runTo(79_000)
  t.equal(b.terms[0]?.epoch, 2)
})

t.test('the epoch is above every repair even when the Lease is younger than they are', async (t) => {
  const world = createWorld()
  const store = new LeaseStore()
  const a = contend(world, 'a', [store], { minimumEpoch: () => 41 })
  await world.runTo(1_000)
  t.equal(a.terms[0]?.epoch, 42)
  t.equal(store.stored?.transitions, 42)
})

t.test('an etcd restored to an older state ends the term, and the next epoch is higher than the last', async (t) => {
  const world = createWorld()
  const store = new LeaseStore()
  const a = contend(world, 'a', [store], { minimumEpoch: () => 5 })
  await world.runTo(60_000)
  store.put({ holder: 'a', transitions: 2, renewedAt: 5, acquiredAt: 5, leaseDurationSeconds: 15 })
  await world.runTo(90_000)
  t.strictSame(
    a.terms.map((term) => term.epoch),
    [6, 7],
  )
})

t.test('a Lease whose holder a person has cleared ends the term', async (t) => {
  const world = createWorld()
  const store = new LeaseStore()
  const a = contend(world, 'a', [store])
  await world.runTo(60_000)
  store.put({ holder: '', transitions: 1, renewedAt: 5, acquiredAt: 5, leaseDurationSeconds: 1 })
  await world.runTo(90_000)
  t.strictSame(
    a.terms.map((term) => term.epoch),
    [1, 2],
  )
})

t.test('hand-over releases at once and stays out for two lease durations', async (t) => {
  const world = createWorld()
  const store = new LeaseStore()
  let first = true
  const a = contend(world, 'a', [store], {
    lead: async (term, ending) => {
      if (!first) return untilEnding(term, ending)
      first = false
      return 'hand-over'
    },
  })
  await world.runTo(30_000)
  t.equal(a.terms.length, 1)
  t.match(store.stored, { holder: '' })
  await world.runTo(33_000)
  t.equal(a.terms.length, 2, 'nobody took it')
})

t.test('a shutdown in the middle of taking the Lease leaves it released', async (t) => {
  const world = createWorld()
  const store = new LeaseStore()
  const a = contend(world, 'a', [store])
  a.process.hop = () => ({ toMs: 100, backMs: 100 })
  world.schedule(150, a.stop)
  await world.runTo(3_000)
  t.ok(a.stopped())
  t.equal(a.terms.length, 0)
  t.match(store.stored, { holder: '' })
})

t.test('at shutdown the running step is awaited and the lease renewed meanwhile', async (t) => {
  const world = createWorld()
  const store = new LeaseStore()
  let aborted: boolean | undefined
  const a: Contender = contend(world, 'a', [store], {
    lead: async (term, ending) => {
      await untilEnding(term, ending)
      await a.process.clock.sleep(12_000, new AbortController().signal)
      aborted = term.signal.aborted
    },
  })
  await world.runTo(60_000)
  a.stop()
  await world.runTo(71_000)
  t.notOk(a.stopped())
  t.match(store.stored, { holder: 'a' })
  await world.runTo(72_100)
  t.equal(aborted, false)
  t.ok(a.stopped())
  t.match(store.stored, { holder: '' })
})

t.test('a step that does not end within 15 s of a shutdown is aborted, and the lease left to expire', async (t) => {
  const world = createWorld()
  const store = new LeaseStore()
  const a = contend(world, 'a', [store], { lead: () => new Promise(() => undefined) })
  await world.runTo(60_000)
  a.stop()
  await world.runTo(74_900)
  t.equal(a.terms[0]?.signal.aborted, false)
  await world.runTo(78_000)
  t.equal(a.terms[0]?.signal.aborted, true)
  t.ok(a.stopped())
  t.match(store.stored, { holder: 'a' })
})

t.test('no second term begins before the first one has returned', async (t) => {
  const world = createWorld()
  const store = new LeaseStore()
  let release = (): void => undefined
  const a = contend(world, 'a', [store], {
    lead: () =>
      new Promise((resolve) => {
        release = () => resolve()
      }),
  })
  await world.runTo(10_000)
  store.stored = undefined
  await world.runTo(100_000)
  t.ok(a.terms[0]?.signal.aborted)
  t.equal(a.terms.length, 1)
  release()
  await world.runTo(103_000)
  t.equal(a.terms.length, 2)
})

t.test('work that throws is told, and led again with a new epoch after the retry period', async (t) => {
  const world = createWorld()
  const a = contend(world, 'a', [new LeaseStore()], { lead: () => Promise.reject(new Error('boom')) })
  await world.runTo(9_000)
  t.ok(a.terms.length >= 3 && a.terms.length <= 5, `${a.terms.length} terms`)
  t.match(a.process.notices, [{}, { reason: 'LeadFailed', message: 'boom', level: 'error' }])
})

t.test('who stands aside gives the lease up within two seconds, and competes again when told', async (t) => {
  const world = createWorld()
  const store = new LeaseStore()
  let aside = false
  const a = contend(world, 'a', [store], { standAside: () => aside })
  await world.runTo(60_000)
  aside = true
  await world.runTo(62_050)
  t.equal(store.stored?.holder, '')
  await world.runTo(90_000)
  t.equal(a.terms.length, 1)
  t.ok(a.process.reasons().includes('StandingAside'))
  aside = false
  await world.runTo(92_500)
  t.ok(isLeading(a))
})

t.test('timings with which two leaders could overlap are refused', async (t) => {
  const world = createWorld()
  const process = createProcess(world, 'a')
  const timings = { leaseDurationMs: 10_000, renewDeadlineMs: 10_000, retryPeriodMs: 2_000 }
  const run = runElector(
    {
      leases: [process.connect(new LeaseStore(), 'x')],
      identity: 'a',
      clock: process.clock,
      tell: () => undefined,
      minimumEpoch: () => 0,
      timings,
    },
    untilEnding,
    new AbortController().signal,
  )
  await t.rejects(run, RangeError)
})

t.test('with a second lock', async (t) => {
  t.test('only who holds both leads, and the own one is kept meanwhile', async (t) => {
    const world = createWorld()
    const [own, old] = [new LeaseStore(), new LeaseStore()]
    const healer = contend(world, 'old-healer', [old])
    await world.runTo(10)
    const a = contend(world, 'a', [own, old])
    await world.runTo(60_000)
    t.equal(a.terms.length, 0)
    t.match(own.stored, { holder: 'a' })
    healer.stop()
    await world.runTo(62_500)
    t.ok(isLeading(a))
    t.match(old.stored, { holder: 'a' })
  })

  t.test('losing the other one ends the term, and the own one is released', async (t) => {
    const world = createWorld()
    const [own, old] = [new LeaseStore(), new LeaseStore()]
    const a = contend(world, 'a', [own, old])
    await world.runTo(10_000)
    old.put({ holder: 'old-healer', transitions: 9, renewedAt: 1, acquiredAt: 1, leaseDurationSeconds: 3_600 })
    await world.runTo(15_000)
    t.ok(a.terms[0]?.signal.aborted)
    await world.runTo(60_000)
    t.equal(a.terms.length, 1)
    const before = own.stored
    a.stop()
    await world.runTo(61_000)
    t.not(own.stored, before)
    t.match(own.stored, { holder: '' })
    t.match(old.stored, { holder: 'old-healer' })
  })

  t.test('two candidates that name the extra locks in different order do not wait for each other', async (t) => {
    const world = createWorld()
    const stores = [new LeaseStore(), new LeaseStore(), new LeaseStore()] as const
    const a = contend(world, 'a', [stores[0], stores[1], stores[2]])
    const b = contend(world, 'b', [stores[0], stores[2], stores[1]])
    await world.runTo(5_000)
    t.equal(Number(isLeading(a)) + Number(isLeading(b)), 1)
  })
})
