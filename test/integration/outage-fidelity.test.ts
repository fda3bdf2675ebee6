import t from 'tap'
import type { MachineFault } from '../../src/simulator/cluster/machine.ts'
import { REALISTIC } from '../../src/simulator/cluster/machine.ts'
import { leader, startReplica } from '../support/cluster/replica.ts'
import { startWorld, type World } from '../support/cluster/world.ts'
import { configOf, HOUR, MINUTE, outageOf, play } from '../support/outage/play.ts'

const WORKERS = 6
/** The nodes of the whole world are all new when it begins. */
const CONFIG = 'checkDelayAfterAdd: 0s\n'
const LASTS = 75 * MINUTE
/** Looks, polls and rounds have other phases in the two worlds. */
const A_ROUND_MS = 45_000

interface Happening {
  readonly rung: string
  readonly node: string
  readonly at: number
}

/** What happens, as a scenario says it and as the pretend machines know it. */
interface Case {
  readonly title: string
  readonly events: readonly string[]
  happen(world: World): Promise<void>
}

function fault(kind: MachineFault, names: readonly string[], at: number, lasts: number): Case['happen'] {
  return async ({ clock, machines, signal }) => {
    await clock.sleep(at, signal)
    for (const name of names) machines.break(name, kind)
    await clock.sleep(lasts, signal)
    for (const name of names) machines.mend(name, kind)
  }
}

const ALL = Array.from({ length: WORKERS }, (_, index) => `w${index}`)

const CASES: readonly Case[] = [
  {
    title: 'a dead kubelet',
    events: ['what: kubelet, at: 10m, nodes: [w3]'],
    happen: fault('kubelet-dead', ['w3'], 10 * MINUTE, LASTS),
  },
  {
    title: 'a kubelet that only a new machine mends',
    events: ['what: kubelet, at: 10m, nodes: [w3], cure: replace'],
    happen: fault('kubelet-broken', ['w3'], 10 * MINUTE, LASTS),
  },
  {
    title: 'a dead runtime',
    events: ['what: runtime, at: 10m, nodes: [w3]'],
    happen: fault('runtime-dead', ['w3'], 10 * MINUTE, LASTS),
  },
  {
    title: 'one node cut off for half an hour',
    events: ['what: network, at: 10m, for: 30m, nodes: [w3]'],
    happen: fault('network-cut', ['w3'], 10 * MINUTE, 30 * MINUTE),
  },
  {
    title: 'all workers cut off for an hour',
    events: ['what: network, at: 10m, for: 1h, nodes: {role: worker}'],
    happen: fault('network-cut', ALL, 10 * MINUTE, HOUR),
  },
  {
    title: 'a machine that is off',
    events: ['what: power, at: 10m, nodes: [w3]'],
    async happen({ clock, machines, signal }) {
      await clock.sleep(10 * MINUTE, signal)
      machines.powerOff('w3')
    },
  },
  {
    title: 'a cloud that is away',
    events: ['what: cloud, at: 10m', 'what: kubelet, at: 11m, nodes: [w3]'],
    async happen({ clock, machines, cloud, signal }) {
      await clock.sleep(10 * MINUTE, signal)
      cloud.setDown(true)
      await clock.sleep(MINUTE, signal)
      machines.break('w3', 'kubelet-dead')
    },
  },
]

/** A whole daemon beside the embedded API, in virtual time. */
async function live({ happen }: Case): Promise<readonly Happening[]> {
  const world = await startWorld(WORKERS, { masters: 3, timings: { ...REALISTIC, tickMs: 5_000 } })
  const seeing: World = { ...world, eyes: async (own) => ({ ...(await world.eyes(own)), probe: world.machines.probe }) }
  const replica = await startReplica(seeing, 'r0', `cloudProvider: none\n${CONFIG}`, 5_000)
  await leader(world, [replica])
  const startedAt = world.clock.now()
  happen(world).catch(() => undefined)
  await world.clock.sleep(LASTS, world.signal)
  const acts = world.cloud.acts()
  await replica.stop()
  await world.close()
  return acts
    .filter(({ act }) => act !== 'create' && act !== 'remove')
    .map(({ act, name, at }) => ({ rung: act === 'stop' ? 'replace' : act, node: name, at: at - startedAt }))
}

async function simulated({ events }: Case): Promise<readonly Happening[]> {
  const outage = outageOf(events, { lasts: '75m', workers: WORKERS, cluster: 'zoneLabels: false' })
  const { acts } = await play(outage, { config: configOf(CONFIG) })
  return acts.map(({ rung, node, at }) => ({ rung, node, at }))
}

for (const one of CASES) {
  t.test(
    `${one.title}: a whole daemon does the same in the same order, and at the same time within a round`,
    async (t) => {
      const [model, daemon] = [await simulated(one), await live(one)]
      const what = ({ rung, node }: Happening): string => `${rung} ${node}`
      t.same(model.map(what), daemon.map(what))
      for (const [index, { rung, at }] of model.entries()) {
        const apart = at - (daemon[index]?.at ?? Number.NaN)
        t.ok(Math.abs(apart) <= A_ROUND_MS, `${rung}: ${apart} ms apart`)
      }
    },
  )
}
