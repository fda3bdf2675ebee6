// What the rules that outages showed to be needed promise for every picture, not only for the shipped ones.
import fc from 'fast-check'
import t from 'tap'
import { decide } from '../../../src/core/decide.ts'
import type { NodeFacts } from '../../../src/core/model/node.ts'
import type { View } from '../../../src/core/model/view.ts'
import {
  failing,
  HOUR,
  instance,
  MINUTE,
  masters,
  NOW,
  node,
  policy,
  suspicion,
  view,
} from '../../support/pure/view.ts'
import { late, many, manyOff, REPLACE_ONLY, rebootedTwice, SILENT, UNHEARD, unheard } from './cases/pictures.ts'

const WITHIN_MINUTES = fc.integer({ min: 6 * MINUTE, max: 15 * MINUTE })

function repaired(picture: View, rules = policy()): readonly string[] {
  return [...decide(picture, rules).verdicts.values()].filter(({ kind }) => kind === 'repair').map((one) => one.node)
}

function reasonsOf(name: string, picture: View, rules = policy()): readonly string[] {
  return (
    decide(picture, rules)
      .verdicts.get(name)
      ?.gates.filter(({ pass }) => !pass)
      .map(({ reason }) => reason) ?? []
  )
}

/** Each of these has failed for so long; their machines run. */
function failingView(nodes: readonly NodeFacts[], forMs: ReadonlyMap<string, number>): View {
  return view({
    nodes,
    suspicions: [...forMs].map(([name, ms]) => suspicion(name, [failing(ms)])),
    instances: Object.fromEntries([...forMs.keys()].map((name) => [name, instance(name)])),
  })
}

t.test('of small pools that lose a node each in the same minutes none is ever repaired', async (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 2, max: 4 }), WITHIN_MINUTES), { minLength: 2, maxLength: 8 }),
      (pools) => {
        const nodes = pools.flatMap(([size], pool) =>
          Array.from({ length: size }, (_, index) => node(`p${pool}-${index}`, { pool: `p${pool}` })),
        )
        const bad = new Map(pools.map(([, ms], pool) => [`p${pool}-0`, ms]))
        t.same(repaired(failingView([...masters(3), ...nodes], bad)), [])
      },
    ),
  )
})

t.test('a control-plane node that fails in the same minutes as anybody else is never touched', async (t) => {
  const others = fc.dictionary(fc.constantFrom('w0', 'w1', 'w2', 'm1'), WITHIN_MINUTES, { minKeys: 1, maxKeys: 3 })
  fc.assert(
    fc.property(others, WITHIN_MINUTES, (failed, ownMs) => {
      const picture = failingView(
        [...masters(7), ...many(30).slice(3)],
        new Map([...Object.entries(failed), ['m0', ownMs]]),
      )
      t.notOk(repaired(picture).some((name) => name.startsWith('m')))
    }),
  )
})

t.test('who is silent is replaced only where no other of its pool began to fail within the hour', async (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 3 * HOUR }), (forMs) => {
      const suspicions = [suspicion('w0', [SILENT], { witnesses: UNHEARD }), suspicion('w1', [failing(forMs)])]
      const picture = unheard({ suspicions, nodes: many(30) })
      const own = picture.repairs.get('w0-1')
      const began = 3 * HOUR + (own?.spec.evidence[0]?.failingForSeconds ?? 0) * 1_000
      const near = Math.abs(forMs - began) <= HOUR
      t.equal(reasonsOf('w0', picture, REPLACE_ONLY).includes('OnlyUnheard'), near, `${forMs}`)
    }),
  )
})

t.test('nodes whose ports answer are never acted on while more than one of them is late', async (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 10, max: 300 }), fc.integer({ min: 2, max: 5 }), (minutes, count) => {
      const names = Array.from({ length: count }, (_, index) => `w${index}`)
      t.same(repaired(late(minutes, ...names)), [])
    }),
  )
})

t.test(
  'a reboot is spent exactly when the last of two did not lengthen the time to the next failure by half',
  async (t) => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 90 }), fc.integer({ min: 1, max: 90 }), (before, last) => {
        const spent = last < before * 1.5 && last < 60
        t.equal(reasonsOf('w0', rebootedTwice(before * MINUTE, last * MINUTE)).includes('RungSpent'), spent)
      }),
    )
  },
)

t.test('however many machines are off, one of them is always started next', async (t) => {
  const off = Array.from({ length: 28 }, (_, index) => `w${index}`)
  fc.assert(
    fc.property(fc.subarray(off, { minLength: 1 }), (names) => {
      const instances = Object.fromEntries(names.map((name) => [name, instance(name, { power: 'off' })]))
      const suspicions = names.map((name) => suspicion(name, [failing(10 * MINUTE)]))
      const picture = { ...manyOff({ suspicions }), instances: new Map(Object.entries(instances)), now: NOW }
      const { verdicts } = decide(picture, policy())
      const next = repaired(picture)
      t.equal(next.length, 1)
      t.equal(verdicts.get(next[0] ?? '')?.rung, 'start')
    }),
  )
})
