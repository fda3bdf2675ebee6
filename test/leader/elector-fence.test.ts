import t from 'tap'
import { LeaseLostError } from '../../src/core/ports/term.ts'
import { oneCandidate } from '../support/election/contenders.ts'

t.test(
  'a leader that wakes from a freeze refuses to act before it has asked anybody, and says that it lost the lease',
  async (t) => {
    const { world, a } = oneCandidate()
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
  const { world, a } = oneCandidate()
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
    const { world, store, a } = oneCandidate()
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
  const { world, a } = oneCandidate()
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
  const { world, store, a } = oneCandidate()
  await world.runTo(60_000)
  const before = store.writes
  const { signal } = new AbortController()
  const all = Promise.all([1, 2, 3].map(() => a.terms[0]!.renew(signal)))
  await world.runTo(60_100)
  await all
  t.equal(store.writes - before, 3)
})
