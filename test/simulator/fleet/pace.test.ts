import t from 'tap'
import { createChance } from '../../../src/lib/pure/random.ts'
import { createVirtualClock } from '../../../src/simulator/clock/virtual-clock.ts'
import { REALISTIC } from '../../../src/simulator/cluster/machine.ts'
import { createFleetCloud } from '../../../src/simulator/fleet/cloud.ts'
import { createFleet } from '../../../src/simulator/fleet/fleet.ts'
import { createLinks } from '../../../src/simulator/fleet/links.ts'
import { createNodeRegistry } from '../../../src/simulator/fleet/node-registry.ts'
import { createPace } from '../../../src/simulator/fleet/pace.ts'
import { createSchedule } from '../../../src/simulator/fleet/schedule.ts'
import type { Trouble } from '../../../src/simulator/fleet/trouble.ts'
import { HOUR, MINUTE } from '../../support/outage/play.ts'

const PACE = 30_000
const CUT: Trouble = { kind: 'network', cure: 'none', direction: 'both', loss: 1 }

/** Two machines, an hour after anything has happened. */
async function quietFleet() {
  const clock = createVirtualClock()
  const { signal } = new AbortController()
  const schedule = createSchedule(clock, signal, (thrown) => t.fail(String(thrown)))
  const fleet = createFleet(schedule, REALISTIC)
  const links = createLinks(clock)
  const cloud = createFleetCloud(schedule, fleet, links, () => undefined)
  const registry = createNodeRegistry({ schedule, fleet, links, chance: createChance(1) })
  const pace = createPace({ fleet, registry, links, cloud, paceMs: PACE })
  for (const name of ['w0', 'w1']) fleet.add({ name, role: 'worker' })
  await clock.advance(HOUR)
  /** How long after a look now the next one is due. */
  const rest = (node: string): number => pace.nextLookAt(node, clock.now()) - clock.now()
  return { clock, fleet, registry, links, cloud, pace, rest }
}

t.test('a suspect of which nothing changes is looked at seldom', async (t) => {
  const { clock, fleet, rest } = await quietFleet()
  fleet.afflict('w0', CUT)
  await clock.advance(5 * MINUTE)
  t.equal(rest('w0'), HOUR)
})

t.test('a change of its own is looked at for minutes, that of another node once', async (t) => {
  const { clock, fleet, pace, rest } = await quietFleet()
  const lookedAt = clock.now()
  await clock.advance(MINUTE)
  fleet.afflict('w0', CUT)
  t.equal(pace.nextLookAt('w1', lookedAt), lookedAt + PACE, 'due: it may be asked as one that is well')
  await clock.advance(MINUTE)
  t.equal(rest('w0'), PACE)
  t.equal(rest('w1'), HOUR)
})

t.test(
  'a machine behind a network that loses packets is looked at all the time: no look is like the other',
  async (t) => {
    const { clock, fleet, rest } = await quietFleet()
    fleet.afflict('w0', { ...CUT, loss: 0.5 })
    await clock.advance(HOUR)
    t.equal(rest('w0'), PACE)
    await clock.advance(PACE / 3)
    t.equal(rest('w0'), (PACE * 2) / 3, 'all of these at the same moments')
  },
)

t.test('what concerns everybody is looked at everywhere, and while the cloud is away it is asked again', async (t) => {
  const { clock, links, cloud, rest } = await quietFleet()
  cloud.setMood({ lies: new Map([['w0', 'off']]) })
  await clock.advance(MINUTE)
  t.equal(rest('w1'), PACE)
  await clock.advance(HOUR)
  t.equal(rest('w1'), HOUR)
  links.set({ cloud: false })
  await clock.advance(HOUR)
  t.equal(rest('w1'), PACE)
})

t.test('whoever waits for the next look hears of each change', async (t) => {
  const { fleet, links, cloud, pace } = await quietFleet()
  let heard = 0
  pace.onChange(() => heard++)
  fleet.afflict('w0', CUT)
  links.set({ nodes: false })
  cloud.setMood({ delayMs: 1_000 })
  t.equal(heard, 3)
})

t.test('machines are listed while something changes or one has no Node, else not before that', async (t) => {
  const { clock, fleet, registry, pace } = await quietFleet()
  const { signal } = new AbortController()
  let listed = 0
  const list = async (): Promise<void> => {
    await pace.untilListMatters(signal)
    listed++
  }
  const quiet = list()
  await clock.advance(HOUR)
  t.equal(listed, 0)
  fleet.afflict('w0', CUT)
  await quiet
  await list()
  t.equal(listed, 2, 'again and again for some minutes')
  await clock.advance(HOUR)
  const next = list()
  await clock.advance(HOUR)
  t.equal(listed, 2)
  registry.remove('w1')
  await next
  await clock.advance(HOUR)
  await list()
  t.equal(listed, 4, 'as long as it has none')
})
