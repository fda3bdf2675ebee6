import type { Finding } from '../core/model/finding.ts'
import type { InstanceView } from '../core/model/instance.ts'
import type { Heartbeat, NodeFacts } from '../core/model/node.ts'
import type { NodeRepair } from '../core/model/node-repair.ts'
import type { Millis } from '../core/model/primitives.ts'
import type { Switches } from '../core/model/view.ts'
import type { Clock } from '../core/ports/clock.ts'
import type { Heartbeats, Watched } from '../core/ports/watched.ts'
import type { Observed } from '../observer/assemble-view.ts'
import type { LineOf, RecordLine, Sight } from '../record/format.ts'
import { toInstance, toNodeFacts, toRepair, toSwitches } from '../record/restore.ts'
import { createCopy } from '../simulator/fleet/copy.ts'

/** The world as a record tells it, at the moment that it was told up to. */
export interface Past {
  readonly clock: Clock
  calendar(): Millis
  readonly nodes: Watched<NodeFacts>
  readonly repairs: Watched<NodeRepair>
  readonly heartbeats: Heartbeats
  readonly suspects: Observed['suspects']
  readonly cordonedSince: Observed['cordonedSince']
  readonly sight: Sight | undefined
  readonly switches: Switches
  /** No lease does anything but beat. */
  readonly allBeat: boolean
  /** Lets time pass, without anything in it. */
  moveTo(now: Millis): void
  /** Changes what the line says, and tells those who listen. Lines that speak of judging are not for this. */
  apply(line: RecordLine): void
}

const NEVER = new Promise<never>(() => undefined)
const NO_SWITCHES: Switches = {
  dryRun: false,
  stopped: false,
  paused: undefined,
  pools: new Map(),
  nodes: new Map(),
  cloud: undefined,
}

/** Begins when its writer's sight began, so that ages of what was seen before are counted as the writer counted them. */
export function createPast({ at, calendar, seeingSince }: LineOf<'begin'>): Past {
  let now = Math.min(seeingSince, at)
  let offset = calendar - at
  let sight: Sight | undefined
  let switches = NO_SWITCHES
  let version = 0
  const nextVersion = (): string => String(++version)
  const nodes = createCopy<NodeFacts>()
  const repairs = createCopy<NodeRepair>()
  const beats = new Map<string, Heartbeat>()
  const leaseless = new Set<string>()
  const irregular = new Set<string>()
  const listeners: (() => void)[] = []
  /** Whoever beats as leases do has done so just now. */
  const regular = { renewTime: '', changedAt: now }
  const looks = new Map<string, { probe: Finding | undefined; localVolumes: readonly string[] | undefined }>()
  const instances = new Map<string, InstanceView>()
  const cordoned = new Map<string, Millis>()

  const seenAt = (source: string): Millis | undefined => {
    if (sight?.blindSince === undefined) return now
    if (sight.blindSource === 'start') return undefined
    return sight.blindSource === source ? sight.blindSince : now
  }
  const watched = <T extends NodeFacts | NodeRepair>(
    copy: ReturnType<typeof createCopy<T>>,
    source: string,
  ): Watched<T> => ({
    ...copy,
    get seenAt() {
      return seenAt(source)
    },
    run: () => NEVER,
  })

  const applyNode = ({ at: when, name, node }: LineOf<'node'>): void => {
    const facts = node === null ? undefined : { ...toNodeFacts(node), resourceVersion: nextVersion() }
    if (facts === undefined) {
      beats.delete(name)
      leaseless.delete(name)
      irregular.delete(name)
    } else if (!beats.has(name) && !leaseless.has(name)) beats.set(name, regular)
    if (facts?.unschedulable !== true) cordoned.delete(name)
    else if (!cordoned.has(name)) cordoned.set(name, nodes.items.has(name) ? when : Number.NEGATIVE_INFINITY)
    nodes.applyWrite(name, facts)
  }
  const applyLook = ({ node, look }: LineOf<'look'>): void => {
    if (look === null) {
      looks.delete(node)
      instances.delete(node)
      return
    }
    looks.set(node, { probe: look.probe, localVolumes: look.localVolumes })
    if (look.instance === undefined) instances.delete(node)
    else instances.set(node, toInstance(look.instance))
    if (look.cordonedSince !== undefined) {
      cordoned.set(node, look.cordonedSince === 'always' ? Number.NEGATIVE_INFINITY : look.cordonedSince)
    }
  }
  const applyBeats = ({ beats: changed, polled }: LineOf<'beats'>): void => {
    for (const [name, beat] of Object.entries(changed)) {
      if (beat === 'regular') irregular.delete(name)
      else irregular.add(name)
      if (beat === 'none') leaseless.add(name)
      else leaseless.delete(name)
      if (beat === 'none') beats.delete(name)
      else beats.set(name, beat === 'regular' ? regular : { renewTime: String(beat), changedAt: beat })
    }
    if (polled) for (const listener of listeners) listener()
  }

  return {
    clock: { now: () => now, wall: () => now + offset + (sight?.skewMs ?? 0), sleep: () => NEVER },
    calendar: () => now + offset,
    nodes: watched(nodes, 'the watch of nodes'),
    repairs: watched(repairs, 'the watch of repairs'),
    heartbeats: {
      items: beats,
      get seenAt() {
        return seenAt('the poll of heartbeats')
      },
      onChange: (listener) => {
        listeners.push(listener)
      },
      applyRead: () => undefined,
      run: () => NEVER,
    },
    suspects: {
      get: (name) => {
        const look = looks.get(name)
        return look && { ...look, instance: instances.get(name) }
      },
      instances,
      stopped: () =>
        new Set([...instances].filter(([, { state }]) => state?.provenStopped === true).map(([name]) => name)),
      get cloud() {
        return sight?.cloud as Observed['suspects']['cloud']
      },
    },
    cordonedSince: cordoned,
    get sight() {
      return sight
    },
    get switches() {
      return switches
    },
    get allBeat() {
      return irregular.size === 0
    },
    moveTo(next) {
      now = Math.max(now, next)
      regular.changedAt = now
    },
    apply(line) {
      switch (line.is) {
        case 'node':
          return applyNode(line)
        case 'beats':
          return applyBeats(line)
        case 'look':
          return applyLook(line)
        case 'repair':
          return repairs.applyWrite(
            line.name,
            line.repair === null ? undefined : { ...toRepair(line.repair), resourceVersion: nextVersion() },
          )
        case 'sight':
          sight = line.sight
          return
        case 'switches':
          switches = toSwitches(line.switches)
          return
        case 'round':
          offset = line.calendar - line.at
          return
        case 'header':
        case 'begin':
        case 'clock':
        case 'finding':
        case 'policy':
          return
      }
    },
  }
}
