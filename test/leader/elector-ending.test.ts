import t from 'tap'
import type { ElectorOptions } from '../../src/leader/options.ts'
import { contend, type Election, isLeading, oneCandidate, untilEnding } from '../support/election/contenders.ts'

t.test('hand-over releases at once and stays out for two lease durations', async (t) => {
  let first = true
  const { world, store, a } = oneCandidate({
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
  const { world, store, a } = oneCandidate()
  a.process.hop = () => ({ toMs: 100, backMs: 100 })
  world.schedule(150, a.stop)
  await world.runTo(3_000)
  t.ok(a.stopped())
  t.equal(a.terms.length, 0)
  t.match(store.stored, { holder: '' })
})

t.test('at shutdown the running step is awaited and the lease renewed meanwhile', async (t) => {
  let aborted: boolean | undefined
  const { world, store, a }: Election = oneCandidate({
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
  const { world, store, a } = oneCandidate({ lead: () => new Promise(() => undefined) })
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
  let release = (): void => undefined
  const { world, store, a } = oneCandidate({
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
  const { world, a } = oneCandidate({ lead: () => Promise.reject(new Error('boom')) })
  await world.runTo(9_000)
  t.ok(a.terms.length >= 3 && a.terms.length <= 5, `${a.terms.length} terms`)
  t.match(a.process.notices, [{}, { reason: 'LeadFailed', message: 'boom', level: 'error' }])
})

t.test('who stands aside gives the lease up within two seconds, and competes again when told', async (t) => {
  let aside = false
  let holder: string | undefined
  const onStatus: ElectorOptions['onStatus'] = (status) => {
    holder = status.holder
  }
  const { world, store, a } = oneCandidate({ standAside: () => aside, onStatus })
  await world.runTo(60_000)
  t.equal(holder, 'a')
  aside = true
  await world.runTo(62_050)
  t.equal(store.stored?.holder, '')
  await world.runTo(65_000)
  t.equal(holder, undefined, 'nobody leads, and it knows')
  const b = contend(world, 'b', [store])
  await world.runTo(70_000)
  t.equal(holder, 'b')
  b.stop()
  await world.runTo(90_000)
  t.equal(a.terms.length, 1)
  t.ok(a.process.reasons().includes('StandingAside'))
  aside = false
  await world.runTo(92_500)
  t.ok(isLeading(a))
})

t.test('an elector that breaks down ends the work first, releases the lease, and says why', async (t) => {
  let broken = false
  let working = false
  const { world, store, a }: Election = oneCandidate({
    lead: async (term, ending) => {
      working = true
      await untilEnding(term, ending)
      await a.process.clock.sleep(3_000, new AbortController().signal)
      working = false
    },
    standAside: () => {
      if (broken) throw new Error('stop-file: out of handles')
      return false
    },
  })
  await world.runTo(20_000)
  broken = true
  await world.runTo(22_500)
  t.equal(a.terms[0]?.signal.aborted, true)
  t.ok(working)
  t.match(store.stored, { holder: 'a' }, 'kept while the work goes on')
  await world.runTo(30_000)
  t.match(a.failure(), { message: 'stop-file: out of handles' })
  t.match(store.stored, { holder: '' })
})
