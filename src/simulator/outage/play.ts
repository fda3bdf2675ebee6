import { setMaxListeners } from 'node:events'
import type { Config } from '../../config/schema/schema.ts'
import type { Millis } from '../../core/model/primitives.ts'
import type { RungName } from '../../core/model/rungs.ts'
import { createRandom } from '../../lib/pure/random.ts'
import { createVirtualClock } from '../clock/virtual-clock.ts'
import { REALISTIC } from '../cluster/machine.ts'
import { createFleetCloud } from '../fleet/cloud.ts'
import { createFleet } from '../fleet/fleet.ts'
import { createLinks } from '../fleet/links.ts'
import { createNodeRegistry } from '../fleet/node-registry.ts'
import { createSchedule } from '../fleet/schedule.ts'
import { castOf } from './cast.ts'
import { runHeald } from './heald.ts'
import { createHolds, type Hold } from './holds.ts'
import { type Broken, countLosses } from './losses.ts'
import type { Outage } from './outage.ts'
import { direct } from './script.ts'

/** One attempt of one rung. */
export interface PlayedAct {
  readonly at: Millis
  readonly node: string
  readonly rung: RungName
  /** The kubelet was running when the cloud took the order. */
  readonly up: boolean
}

export interface Entry {
  readonly at: Millis
  readonly who: 'world' | 'heald' | 'cloud'
  readonly nodes: readonly string[]
  readonly text: string
}

export interface Played {
  readonly outage: string
  readonly seed: number
  readonly timeline: readonly Entry[]
  readonly acts: readonly PlayedAct[]
  readonly holds: readonly Hold[]
  readonly broken: readonly Broken[]
  readonly nodeMinutesLost: number
}

export interface PlayOptions {
  readonly config: Config
  readonly seed?: number
  /** `false`: nobody heals, which is what heald is measured by. */
  readonly healed?: boolean
  /** How often heald looks at suspects while nothing changes: 30 s. The daemon looks every 5 s, and does the same. */
  readonly paceMs?: Millis
}

/** Plays an outage in virtual time, as fast as the machine allows. Equal arguments, equal result. */
export async function playOutage(outage: Outage, options: PlayOptions): Promise<Played> {
  const { config, seed = 1, healed = true, paceMs = 30_000 } = options
  const stop = new AbortController()
  setMaxListeners(0, stop.signal)
  const clock = createVirtualClock()
  let failure: unknown
  const failed = (thrown: unknown): void => {
    failure ??= thrown
    stop.abort(thrown)
  }
  const schedule = createSchedule(clock, stop.signal, failed)
  const random = createRandom(seed)
  const timeline: Entry[] = []
  const note = (who: Entry['who'], nodes: readonly string[], text: string): void => {
    timeline.push({ at: clock.now(), who, nodes, text })
  }

  const links = createLinks(clock)
  const fleet = createFleet(schedule, REALISTIC)
  const registry = createNodeRegistry({ schedule, fleet, links })
  const acts: PlayedAct[] = []
  const cloud = createFleetCloud(schedule, fleet, links, ({ at, order }) => {
    const machine = fleet.find(order.nodeName)
    const up = machine !== undefined && fleet.isUp(machine)
    acts.push({ at, node: order.nodeName, rung: order.rung, up })
    note('cloud', [order.nodeName], `${order.rung}${up ? ' of a machine that is up' : ''}`)
  })
  const cast = castOf(outage.cluster)
  for (const { spec } of cast) fleet.add(spec)
  const losses = countLosses(fleet)
  direct(outage, { schedule, fleet, registry, links, cloud, cast, tell: (nodes, text) => note('world', nodes, text) })

  const holds = createHolds(({ node, gate, reason }, message) =>
    note('heald', [node], `${gate}: ${reason}: ${message}`),
  )
  const running = healed
    ? runHeald({
        ...{ schedule, fleet, registry, links, cloud, config, random, paceMs },
        tell: ({ level, regarding = [], reason, message }) => {
          // A rung's steps one by one are for logs: its beginning and its end are told too.
          if (level === 'debug' || reason === 'StepSent') return
          const nodes = regarding.filter(({ kind }) => kind === 'Node').map(({ name }) => name)
          note('heald', nodes, `${reason}: ${message}`)
        },
        onDecision: holds.see,
      }).catch((thrown: unknown) => {
        if (!stop.signal.aborted) failed(thrown)
      })
    : undefined
  await clock.advance(outage.lasts)
  const nodeMinutesLost = losses.nodeMinutes()
  const now = clock.now()
  stop.abort(new Error('the outage is over'))
  await running
  if (failure !== undefined) throw failure
  return {
    ...{ outage: outage.title, seed, timeline, acts, nodeMinutesLost },
    holds: holds.all(now),
    broken: losses.broken(),
  }
}
