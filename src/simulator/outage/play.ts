import { setMaxListeners } from 'node:events'
import type { Config } from '../../config/schema/schema.ts'
import type { Millis } from '../../core/model/primitives.ts'
import type { RungName } from '../../core/model/rungs.ts'
import { createChance } from '../../lib/pure/random.ts'
import { createVirtualClock } from '../clock/virtual-clock.ts'
import { REALISTIC } from '../cluster/machine.ts'
import { createFleetCloud } from '../fleet/cloud.ts'
import { createFleet } from '../fleet/fleet.ts'
import { createLinks } from '../fleet/links.ts'
import { createNodeRegistry } from '../fleet/node-registry.ts'
import { createSchedule } from '../fleet/schedule.ts'
import { castOf } from './cast.ts'
import { createHands, runOracle } from './hands.ts'
import { type Recording, runHeald } from './heald.ts'
import { createHolds, type Hold } from './holds.ts'
import { type Broken, countLosses } from './losses.ts'
import type { Outage } from './outage.ts'
import { type Peer, runPeer } from './peers.ts'
import { direct } from './script.ts'

/** One attempt of one rung. */
export interface PlayedAct {
  readonly at: Millis
  readonly node: string
  readonly rung: RungName
  /** The kubelet was running when the cloud took the order. */
  readonly up: boolean
  /** It had a trouble that a rung ends: up or not, something was to be done. */
  readonly broken: boolean
}

export interface Entry {
  readonly at: Millis
  readonly who: 'world' | 'heald' | 'holds' | 'cloud'
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
  /** Who heals; heald unless told. */
  readonly healer?: Healer
  /**
   * How often heald looks at a suspect of which something changes, and asks for the heartbeats of those behind a lossy
   * network: 30 s, all at once. The daemon does both every 5 s, and does the same.
   */
  readonly paceMs?: Millis
  /** Records what heald sees and says. */
  readonly record?: Recording | undefined
}

/** heald is measured by `nobody` and `oracle`, and compared with its peers. */
export type Healer = 'heald' | 'nobody' | 'oracle' | Peer

/** Plays an outage in virtual time, as fast as the machine allows. Equal arguments, equal result. */
export async function playOutage(outage: Outage, options: PlayOptions): Promise<Played> {
  const { config, seed = 1, healer = 'heald', paceMs = 30_000, record } = options
  const stop = new AbortController()
  setMaxListeners(0, stop.signal)
  const clock = createVirtualClock()
  let failure: unknown
  const failed = (thrown: unknown): void => {
    failure ??= thrown
    stop.abort(thrown)
  }
  const schedule = createSchedule(clock, stop.signal, failed)
  const chance = createChance(seed)
  const timeline: Entry[] = []
  const note = (who: Entry['who'], nodes: readonly string[], text: string): void => {
    timeline.push({ at: clock.now(), who, nodes, text })
  }

  const links = createLinks(clock)
  const fleet = createFleet(schedule, REALISTIC)
  const registry = createNodeRegistry({ schedule, fleet, links, chance })
  const acts: PlayedAct[] = []
  const acted = (node: string, rung: RungName): void => {
    const machine = fleet.find(node)
    const up = machine !== undefined && fleet.isUp(machine)
    const broken = machine !== undefined && [...fleet.troublesOf(machine)].some(({ cure }) => cure !== 'none')
    acts.push({ at: clock.now(), node, rung, up, broken })
    note('cloud', [node], `${rung}${up ? ' of a machine that is up' : ''}`)
  }
  const cloud = createFleetCloud(schedule, fleet, links, ({ nodeName, rung }) => acted(nodeName, rung))
  const cast = castOf(outage.cluster)
  for (const { spec } of cast) fleet.add(spec)
  const losses = countLosses(fleet)
  direct(outage, { schedule, fleet, registry, links, cloud, cast, tell: (nodes, text) => note('world', nodes, text) })

  const holds = createHolds(({ node, gate, reason }, message) =>
    note('holds', [node], `${gate}: ${reason}: ${message}`),
  )
  const hands = createHands(fleet, acted)
  if (healer === 'oracle') runOracle(fleet, hands)
  else if (healer !== 'heald' && healer !== 'nobody') runPeer(healer, schedule, registry, hands)
  const running =
    healer === 'heald'
      ? runHeald({
          ...{ schedule, fleet, registry, links, cloud, config, chance, paceMs, record },
          tell: ({ level, regarding = [], reason, message }) => {
            // A rung's steps one by one are for logs: its beginning and its end are told too.
            if (level === 'debug' || reason === 'StepDue') return
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
