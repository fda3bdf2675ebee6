import t from 'tap'
import { LeaseLostError } from '../../src/core/ports/term.ts'
import { runElector } from '../../src/leader/elector.ts'
import { contend, isLeading, leaderAndFollower, oneCandidate, untilEnding } from '../support/election/contenders.ts'
import { createProcess, createWorld, LeaseStore, type Process } from '../support/election/election.ts'

t.test('the first candidate of a new cluster leads at once, and the others follow it', async (t) => {
  const { world, store, a, b } = await leaderAndFollower()
  await world.runTo(120_000)
  t.ok(isLeading(a))
  t.equal(a.terms.length, 1)
  t.equal(a.terms[0]?.epoch, 1)
  t.equal(b.terms.length, 0)
  t.match(store.stored, { holder: 'a', transitions: 1, leaseDurationSeconds: 15 })
  t.strictSame(b.process.reasons(), ['FollowingLeader'], 'told once')
})

t.test('an idle leader sends one request in four seconds', async (t) => {
  const { world, a } = oneCandidate()
  await world.runTo(400_000)
  t.ok(isLeading(a))
  t.ok(a.process.requests.length <= 103, `${a.process.requests.length} requests`)
})

t.test('after a clean stop another one leads within two seconds, with a higher epoch', async (t) => {
  const { world, store, a, b } = await leaderAndFollower()
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
  const { world, a, b } = await leaderAndFollower()
  await world.runTo(60_000)
  a.process.freeze(Infinity)
  await world.runTo(70_000)
  t.equal(b.terms.length, 0, 'not before the lease is over')
  await world.runTo(80_000)
  t.ok(isLeading(b))
})

t.test('a candidate counts from when it saw the record itself, however old its renewTime reads', async (t) => {
  const { world, store, a } = oneCandidate()
  store.put({ holder: 'x', transitions: 7, renewedAt: 0, acquiredAt: 0, leaseDurationSeconds: 15 })
  await world.runTo(14_900)
  t.equal(a.terms.length, 0)
  await world.runTo(18_000)
  t.equal(a.terms[0]?.epoch, 8)
})

t.test('a lease with a longer duration than ours is waited for as long as its holder was promised', async (t) => {
  const { world, store, a } = oneCandidate()
  store.put({ holder: 'x', transitions: 7, renewedAt: 0, acquiredAt: 0, leaseDurationSeconds: 60 })
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
      const { world, a } = oneCandidate()
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
  const { world, a } = oneCandidate()
  await world.runTo(10)
  let count = 0
  a.process.hop = () => ({ toMs: 1, backMs: 1, ...(count++ % 4 === 0 ? { lose: 'answer' as const } : {}) })
  await world.runTo(200_000)
  t.equal(a.terms.length, 1)
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
