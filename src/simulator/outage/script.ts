import type { Millis } from '../../core/model/primitives.ts'
import type { FleetCloud } from '../fleet/cloud.ts'
import type { Fleet } from '../fleet/fleet.ts'
import type { LinkBoard, Links } from '../fleet/links.ts'
import type { NodeRegistry } from '../fleet/node-registry.ts'
import type { Schedule } from '../fleet/schedule.ts'
import { type Trouble, USUAL_CURE } from '../fleet/trouble.ts'
import { type Member, select } from './cast.ts'
import type { MachineFault, OtherAct, Outage, WorldFault } from './outage.ts'

export interface Stage {
  readonly schedule: Schedule
  readonly fleet: Fleet
  readonly registry: NodeRegistry
  readonly links: LinkBoard
  readonly cloud: FleetCloud
  readonly cast: readonly Member[]
  /** What happens is told: of which nodes, and what. */
  readonly tell: (nodes: readonly string[], message: string) => void
}

/** Has everything happen at its time. */
export function direct(outage: Outage, stage: Stage): void {
  for (const event of outage.events) {
    switch (event.what) {
      case 'cordon':
      case 'uncordon':
      case 'autoscaler':
      case 'reboot':
        directOther(event, stage)
        break
      case 'api':
      case 'heald-api':
      case 'heald-nodes':
      case 'cloud':
      case 'cloud-stale':
      case 'cloud-slow':
      case 'cloud-lies':
      case 'clock':
        directWorld(event, stage, outage.lasts)
        break
      default:
        directMachines(event, stage, outage.lasts)
    }
  }
}

/** Calls `begin` and `end` for each stretch of time in which it is so. */
function stretches(
  { schedule }: Stage,
  event: Pick<WorldFault, 'at' | 'for' | 'flaps'>,
  durationMs: Millis,
  { begin, end }: { readonly begin: () => void; readonly end: () => void },
): void {
  const until = Math.min(durationMs, event.at + (event.for ?? Number.POSITIVE_INFINITY))
  const { down, up } = event.flaps ?? { down: Number.POSITIVE_INFINITY, up: 0 }
  const once = (at: Millis): void => {
    if (at >= until) return
    schedule.at(at, () => {
      begin()
      const endAt = Math.min(until, at + down)
      if (endAt < durationMs) schedule.at(endAt, end)
      once(at + down + up)
    })
  }
  once(event.at)
}

function directMachines(event: MachineFault, stage: Stage, durationMs: Millis): void {
  const { fleet, cast, tell } = stage
  const { what, cure = USUAL_CURE[what], every } = event
  const { direction, loss } = what === 'network' ? event : { direction: 'both' as const, loss: 1 }
  const names = select(cast, event.nodes)
  if (every === 0 && event.flaps === undefined) announce(stage, event.at, event.for, names, what)
  for (const [index, name] of names.entries()) {
    const trouble: Trouble = { kind: what, cure, direction, loss }
    const isOwnLine = every > 0 || event.flaps !== undefined
    // What a rung has mended while it was there does not come back.
    let isMended = false
    stretches(stage, { ...event, at: event.at + index * every }, durationMs, {
      begin: () => {
        if (isMended) return
        if (isOwnLine) tell([name], `${what} begins`)
        fleet.afflict(name, trouble)
      },
      end: () => {
        const machine = fleet.find(name)
        isMended ||= cure !== 'none' && machine !== undefined && !fleet.troublesOf(machine).has(trouble)
        if (isMended) return
        if (isOwnLine) tell([name], `${what} ends`)
        fleet.relieve(name, trouble)
      },
    })
  }
}

function announce(
  { schedule, tell }: Stage,
  at: Millis,
  forMs: Millis | undefined,
  names: readonly string[],
  what: string,
): void {
  schedule.at(at, () => tell(names, `${what} begins`))
  if (forMs !== undefined) schedule.at(at + forMs, () => tell(names, `${what} ends`))
}

function directWorld(event: WorldFault, stage: Stage, durationMs: Millis): void {
  const { links, cloud, schedule, cast, tell } = stage
  const link = (cut: Partial<Links>, open: Partial<Links>) => ({
    begin: () => links.set(cut),
    end: () => links.set(open),
  })
  const change = ((): { readonly begin: () => void; readonly end: () => void } => {
    switch (event.what) {
      case 'api':
        return link({ api: false }, { api: true })
      case 'heald-api':
        return link({ heald: false }, { heald: true })
      case 'heald-nodes':
        return link({ nodes: false }, { nodes: true })
      case 'cloud':
        return link({ cloud: false }, { cloud: true })
      case 'clock':
        return link({ skewMs: event.ahead }, { skewMs: 0 })
      case 'cloud-stale':
        return {
          begin: () => cloud.setMood({ staleSince: schedule.clock.now() }),
          end: () => cloud.setMood({ staleSince: undefined }),
        }
      case 'cloud-slow':
        return { begin: () => cloud.setMood({ delayMs: event.answersAfter }), end: () => cloud.setMood({ delayMs: 0 }) }
      case 'cloud-lies': {
        const { says } = event
        const names = select(cast, event.nodes)
        return {
          begin: () =>
            cloud.setMood({ lies: new Map([...cloud.mood.lies, ...names.map((name) => [name, says] as const)]) }),
          end: () => cloud.setMood({ lies: new Map([...cloud.mood.lies].filter(([name]) => !names.includes(name))) }),
        }
      }
    }
  })()
  stretches(stage, event, durationMs, {
    begin: () => {
      tell([], `${event.what} begins`)
      change.begin()
    },
    end: () => {
      tell([], `${event.what} ends`)
      change.end()
    },
  })
}

function directOther({ what, at, nodes, every }: OtherAct, stage: Stage): void {
  const { schedule, registry, fleet, cast, tell } = stage
  for (const [index, name] of select(cast, nodes).entries()) {
    schedule.at(at + index * every, () => {
      const machine = fleet.find(name)
      if (machine === undefined) return
      tell([name], what)
      if (what === 'reboot') fleet.boot(machine, 'reboot-hard')
      else if (what !== 'autoscaler') registry.patch(name, { unschedulable: what === 'cordon' })
      else registry.patch(name, { taints: [{ key: 'ToBeDeletedByClusterAutoscaler', effect: 'NoSchedule' }] })
    })
  }
}
