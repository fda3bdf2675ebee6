import t from 'tap'
import { createChance } from '../../../src/lib/pure/random.ts'
import { createVirtualClock } from '../../../src/simulator/clock/virtual-clock.ts'
import { REALISTIC } from '../../../src/simulator/cluster/machine.ts'
import { createFleet } from '../../../src/simulator/fleet/fleet.ts'
import { createFleetHeartbeats } from '../../../src/simulator/fleet/heartbeats.ts'
import { createLinks } from '../../../src/simulator/fleet/links.ts'
import { createNodeRegistry } from '../../../src/simulator/fleet/node-registry.ts'
import { createSchedule } from '../../../src/simulator/fleet/schedule.ts'
import { HOUR, MINUTE } from '../../support/outage/play.ts'

const PACE = 30_000

t.test(
  'who is heard now and then is polled at the pace of looks, and a turn of anybody at the next poll',
  async (t) => {
    const clock = createVirtualClock()
    const stop = new AbortController()
    const schedule = createSchedule(clock, stop.signal, (thrown) => t.fail(String(thrown)))
    const fleet = createFleet(schedule, REALISTIC)
    const links = createLinks(clock)
    const registry = createNodeRegistry({ schedule, fleet, links, chance: createChance(1) })
    for (const name of ['w0', 'w1']) fleet.add({ name, role: 'worker' })
    const heartbeats = createFleetHeartbeats(schedule, registry, links, PACE)
    const polledAt: number[] = []
    heartbeats.onChange(() => polledAt.push(clock.now()))
    const running = heartbeats.run(stop.signal)

    fleet.afflict('w0', { kind: 'network', cure: 'none', direction: 'both', loss: 0.5 })
    await clock.advance(HOUR)
    const late = polledAt.filter((at) => at >= 5 * MINUTE)
    t.ok(late.length > 60, 'half of the beats come through')
    t.ok(
      late.every((at) => at % PACE === 0),
      'and are seen at the moments of looks',
    )
    await clock.advance(6_000)
    fleet.afflict('w1', { kind: 'kubelet', cure: 'none', direction: 'both', loss: 1 })
    await clock.advance(5_000)
    t.equal(polledAt.at(-1), HOUR + 10_000)
    stop.abort()
    await running
  },
)
