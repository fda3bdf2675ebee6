import t from 'tap'
import { createRecords } from '../../src/controller/fenced-records.ts'
import { createSlots } from '../../src/controller/nodes/slots.ts'
import type { NodeRepair } from '../../src/core/model/node-repair.ts'
import { refsOf } from '../../src/core/model/object-ref.ts'
import { type Ledger, LedgerConflictError } from '../../src/core/ports/ledger.ts'
import type { Notice } from '../../src/core/ports/log.ts'
import type { Watched } from '../../src/core/ports/watched.ts'
import { outdated } from '../../src/core/repair/history.ts'
import { CALENDAR, DAY, repair } from '../support/pure/view.ts'

const { signal } = new AbortController()

/** A store and a live copy of it, both in memory; what a test needs to go wrong is put in place of a function. */
function setUp(stored: readonly NodeRepair[], change: Partial<Ledger> = {}) {
  const items = new Map<string, NodeRepair>()
  const repairs: Watched<NodeRepair> = {
    items,
    seenAt: 0,
    onChange: () => undefined,
    applyWrite: (key, item) => void (item === undefined ? items.delete(key) : items.set(key, item)),
    run: async () => undefined,
  }
  const refuse = async (): Promise<never> => {
    throw new LedgerConflictError('refused')
  }
  const notices: Notice[] = []
  const ledger: Ledger = {
    list: async () => ({ objects: stored, unreadable: [] }),
    get: async (name) => stored.find((one) => one.name === name),
    create: refuse,
    writeStatus: refuse,
    setFinalizer: refuse,
    delete: async () => undefined,
    probe: async () => ({ usable: true, reason: '' }),
    ...change,
  }
  const records = createRecords(
    { store: ledger, watched: repairs, regarding: refsOf, tell: (notice) => void notices.push(notice) },
    () => 7,
  )
  return { records, items, repairs, notices }
}

t.test('what was opened while a list was under way is kept, and what the list misses goes', async (t) => {
  const [old, gone, young] = [repair('w0'), repair('w1'), repair('w2')]
  let answer: () => void = () => undefined
  const asked = new Promise<void>((resolve) => {
    answer = resolve
  })
  const { records, repairs, items } = setUp([old], {
    list: async () => {
      await asked
      return { objects: [old], unreadable: [] }
    },
  })
  repairs.applyWrite(old.name, old)
  repairs.applyWrite(gone.name, gone)
  const refreshed = records.refresh(signal)
  repairs.applyWrite(young.name, young)
  answer()
  await refreshed
  t.same([...items.keys()], [old.name, young.name])
})

t.test('one deleted and opened again under its name during a list is kept', async (t) => {
  const before = repair('w0')
  const { records, repairs, items } = setUp([])
  repairs.applyWrite(before.name, before)
  const refreshed = records.refresh(signal)
  repairs.applyWrite(before.name, { ...before, uid: 'another' })
  await refreshed
  t.equal(items.get(before.name)?.uid, 'another')
})

t.test('a write of unknown outcome leaves the store behind until a list has told', async (t) => {
  const { records } = setUp([repair('w0')], {
    writeStatus: async () => {
      throw new Error('no answer')
    },
  })
  const one = repair('w0')
  await t.rejects(records.save(one, one.status!, signal), { message: 'no answer' })
  t.equal(records.behind, true)
  await records.refresh(signal)
  t.equal(records.behind, false)
})

t.test('a refused write brings the stored object in at once', async (t) => {
  const stored = repair('w0', { message: 'of the next leader' })
  const { records, items } = setUp([stored])
  await t.rejects(records.save(repair('w0'), stored.status!, signal), { name: 'LedgerConflictError' })
  t.equal(records.behind, false)
  t.equal(items.get(stored.name)?.status?.message, 'of the next leader')
})

t.test('every write carries the epoch of the term', async (t) => {
  let epoch: number | undefined
  const { records } = setUp([], {
    writeStatus: async (one, status) => {
      epoch = status.epoch
      return one
    },
    create: async (_, spec) => repair('w0', {}, { spec }),
  })
  await records.save(repair('w0'), { ...repair('w0').status!, epoch: 3 }, signal)
  t.equal(epoch, 7)
  t.equal((await records.open('w0-1', repair('w0').spec, signal)).spec.epoch, 7)
})

t.test('an unreadable repair is told once, by the node that it parks', async (t) => {
  const unreadable = [{ name: 'w0-1', about: 'w0', why: 'no phase' }]
  const { records, notices } = setUp([], { list: async () => ({ objects: [], unreadable }) })
  await records.refresh(signal)
  await records.refresh(signal)
  t.match(notices, [
    { level: 'error', reason: 'LedgerUnreadable', regarding: [{ kind: 'Node', name: 'w0' }, { kind: 'NodeRepair' }] },
  ])
  t.equal(notices.length, 1)
  t.match(records.unreadable().get('w0'), /no phase/)
})

t.test('what looks at all repairs and then writes runs one after the other, failures or not', async (t) => {
  const slots = createSlots()
  const log: string[] = []
  const job = (name: string) => async (): Promise<void> => {
    log.push(`${name} begins`)
    await new Promise((resolve) => setImmediate(resolve))
    log.push(`${name} ends`)
    if (name === 'a') throw new Error('a fails')
  }
  await Promise.allSettled([slots.inTurn(job('a')), slots.inTurn(job('b'))])
  t.same(log, ['a begins', 'a ends', 'b begins', 'b ends'])
})

t.test('a slot belongs to one object, not to whoever gets its name next', async (t) => {
  const slots = createSlots()
  const slot = slots.of(repair('w0'))
  slot.cursor = { at: 'stop' }
  t.equal(slots.of(repair('w0')), slot)
  t.equal(slots.of(repair('w0', {}, { uid: 'another' })).cursor, undefined)
})

t.test('history keeps the newest of each node, all of 7 days, and whatever is open', async (t) => {
  const at = (days: number, phase: 'Succeeded' | 'Parked' = 'Succeeded', node = 'w0') =>
    repair(node, { phase }, { name: `${node}-${days}-${phase}`, createdAt: CALENDAR - days * DAY })
  const all = [at(30), at(20), at(8), at(8, 'Parked'), at(6), at(1), at(90, 'Succeeded', 'w1')]
  t.same(
    outdated(all, CALENDAR).map((one) => one.name),
    ['w0-30-Succeeded', 'w0-20-Succeeded', 'w0-8-Succeeded'],
  )
})
