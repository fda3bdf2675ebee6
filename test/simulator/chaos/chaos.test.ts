import t from 'tap'
import { generateOutage } from '../../../src/simulator/chaos/generate.ts'
import { runChaos } from '../../../src/simulator/chaos/run-chaos.ts'
import { SETTINGS } from '../../../src/simulator/chaos/settings.ts'
import { nameOf, SHAPES } from '../../../src/simulator/chaos/shapes.ts'
import { type Outcome, outcomeOf, tableOf } from '../../../src/simulator/chaos/tally.ts'
import { configOf, outageOf, play } from '../../support/outage/play.ts'

/** Of clusters with at most so many workers: the whole is for `npm run chaos`. */
const LARGEST = 12
const configs = Object.values(SETTINGS).map((text) => configOf(text))

t.test('the same number is the same outage, and each shape has its turn', async (t) => {
  t.same(generateOutage(17), generateOutage(17))
  t.ok(SHAPES.length >= 56, `${SHAPES.length} shapes`)
  t.equal(new Set(SHAPES.map(nameOf)).size, SHAPES.length)
  const names = SHAPES.map((_, number) => nameOf(generateOutage(number).shape))
  t.same(new Set(names), new Set(SHAPES.map(nameOf)))
})

// A sample of what holds for each of them; when a rule is mended, its numbers come in here.
for (const number of [3, 12, 15, 24, 25, 36, 48]) {
  const { outage } = generateOutage(number, LARGEST)
  t.test(
    `${outage.title}: nobody who lives is replaced, nothing more is lost, who is broken is mended or held`,
    async (t) => {
      for await (const outcome of runChaos({ first: number, count: 1, largest: LARGEST, configs })) {
        t.equal(outcome.replaced, 0)
        t.ok(outcome.rebootedMost <= 1)
        t.ok(outcome.lostMore <= 0, `${outcome.lostMore} node-minutes more than without heald`)
        t.equal(outcome.mended + outcome.held, outcome.broken)
      }
    },
  )
}

t.test('a reboot of a node that needs one is no act on the living, even if its kubelet runs', async (t) => {
  const { shape } = generateOutage(1)
  const outage = outageOf(['what: runtime, at: 10m, nodes: [w3]', 'what: network, at: 10m, for: 20m, nodes: [w7]'])
  const [played, nobody] = [await play(outage), await play(outage, { healer: 'nobody' })]
  const { rebooted } = outcomeOf(shape, outage, played, nobody)
  t.ok(played.acts.some(({ node, up, broken }) => node === 'w3' && up && broken))
  t.equal(rebooted, new Set(played.acts.filter(({ node }) => node === 'w7').map(({ node }) => node)).size)
})

t.test(
  'a machine that is cut off alone is one that nobody can tell from a dead one, unless another fails within the hour',
  async (t) => {
    const { shape } = generateOutage(SHAPES.findIndex((one) => 'place' in one && one.place === 'rack'))
    const cut = 'what: network, at: 10m, for: 5h, nodes: [w3]'
    const tried = async (crashAt: string): Promise<Outcome> => {
      const outage = outageOf([cut, `what: kubelet, at: ${crashAt}, nodes: [w7]`], { lasts: '3h' })
      return outcomeOf(shape, outage, await play(outage), await play(outage, { healer: 'nobody' }))
    }
    t.match(await tried('2h'), { replaced: 0, replacedAlone: 1 })
    t.match(await tried('12m'), { replaced: 0, replacedAlone: 0 })
    const byHand = { at: 7_200_000, node: 'w3', rung: 'replace', up: true, broken: false } as const
    const counted = async (cuts: readonly string[]): Promise<number> => {
      const outage = outageOf([...cuts])
      const played = await play(outage, { healer: 'nobody' })
      return outcomeOf(shape, outage, { ...played, acts: [byHand] }, played).replacedAlone
    }
    t.equal(await counted([cut]), 1)
    t.equal(await counted([cut, 'what: network, at: 10m, for: 5h, nodes: [w4]']), 0, 'two are cut off')
    t.equal(await counted(['what: network, at: 10m, for: 5h, nodes: [w4]']), 0, 'another one is cut off')
  },
)

t.test('the table has a line for each shape and one for all', async (t) => {
  const outcome: Outcome = {
    ...{ shape: 'rack, full', title: '', rebooted: 1, rebootedMost: 2, replaced: 3, replacedAlone: 0 },
    ...{ lostMore: 0.1, broken: 4, mended: 1, held: 2 },
  }
  t.same(tableOf([outcome, { ...outcome, shape: 'all, full', rebooted: 0, rebootedMost: 0, lostMore: 0 }]).slice(1), [
    ['all, full', '1', '0.0 %', '0.0 %', '3', '0', '0', '75.0 %'],
    ['rack, full', '1', '100.0 %', '100.0 %', '3', '0', '1', '75.0 %'],
    ['all', '2', '50.0 %', '50.0 %', '6', '0', '1', '75.0 %'],
  ])
})
