import t from 'tap'
import { contend, isLeading, leaderAndFollower, oneCandidate } from '../support/election/contenders.ts'
import { createWorld, LeaseStore } from '../support/election/election.ts'

t.test('a deleted Lease ends the term; the former leader makes it anew with a higher epoch', async (t) => {
  const { world, store, a, b } = await leaderAndFollower()
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
  const { world, store, a, b } = await leaderAndFollower()
  await world.runTo(60_000)
  a.process.freeze(Infinity)
  store.stored = undefined
  await world.runTo(74_000)
  t.equal(b.terms.length, 0)
  await world.runTo(79_000)
  t.equal(b.terms[0]?.epoch, 2)
})

t.test('the epoch is above every repair even when the Lease is younger than they are', async (t) => {
  const { world, store, a } = oneCandidate({ minimumEpoch: () => 41 })
  await world.runTo(1_000)
  t.equal(a.terms[0]?.epoch, 42)
  t.equal(store.stored?.transitions, 42)
})

t.test('an etcd restored to an older state ends the term, and the next epoch is higher than the last', async (t) => {
  const { world, store, a } = oneCandidate({ minimumEpoch: () => 5 })
  await world.runTo(60_000)
  store.put({ holder: 'a', transitions: 2, renewedAt: 5, acquiredAt: 5, leaseDurationSeconds: 15 })
  await world.runTo(90_000)
  t.strictSame(
    a.terms.map((term) => term.epoch),
    [6, 7],
  )
})

t.test(
  'a free Lease from before a leader, put back with etcd, is not free before that leader has had its time',
  async (t) => {
    const { world, store, a, b } = await leaderAndFollower()
    await world.runTo(60_000)
    a.process.freeze(Infinity)
    store.put({ holder: '', transitions: 0, renewedAt: 5, acquiredAt: 5, leaseDurationSeconds: 1 })
    await world.runTo(74_000)
    t.equal(b.terms.length, 0)
    await world.runTo(79_000)
    t.equal(b.terms[0]?.epoch, 2)
  },
)

t.test('whoever was too late to make the Lease waits a whole lease duration when it vanishes unseen', async (t) => {
  const world = createWorld()
  const store = new LeaseStore()
  const [a, b] = [contend(world, 'a', [store]), contend(world, 'b', [store])]
  // Both have seen that there is none; one of them makes it, and etcd is restored before the other looks.
  await world.runTo(1_000)
  const [first, late] = isLeading(a) ? [a, b] : [b, a]
  first.process.freeze(Infinity)
  store.remove()
  await world.runTo(14_000)
  t.equal(late.terms.length, 0)
  await world.runTo(19_000)
  t.equal(late.terms.length, 1)
})

t.test('a Lease whose holder a person has cleared ends the term', async (t) => {
  const { world, store, a } = oneCandidate()
  await world.runTo(60_000)
  store.put({ holder: '', transitions: 1, renewedAt: 5, acquiredAt: 5, leaseDurationSeconds: 1 })
  await world.runTo(90_000)
  t.strictSame(
    a.terms.map((term) => term.epoch),
    [1, 2],
  )
})

t.test('a person who labels the Lease does not end the term', async (t) => {
  const { world, store, a } = oneCandidate()
  await world.runTo(10_000)
  store.touch()
  await world.runTo(30_000)
  t.equal(a.terms.length, 1)
  t.ok(isLeading(a))
})
