import type { Millis } from '../../core/model/primitives.ts'
import { createAlarm } from '../../lib/alarm.ts'
import type { FleetCloud } from './cloud.ts'
import type { Fleet } from './fleet.ts'
import type { LinkBoard } from './links.ts'
import type { NodeRegistry } from './node-registry.ts'

/** So long after a change of its own a node is looked at as before: machines boot, breakers close, checks are asked again. */
const SETTLED_MS = 180_000
const SELDOM_MS = 3_600_000

export interface PaceOptions {
  readonly fleet: Fleet
  readonly registry: NodeRegistry
  readonly links: LinkBoard
  readonly cloud: Pick<FleetCloud, 'onMood'>
  readonly paceMs: Millis
}

/** When a suspect is looked at again. */
export interface Pace {
  nextLookAt(node: string, lookedAt: Millis): Millis
  /** Resolves as soon as a list of the cloud's machines may say anything new about one that no Node stands for. */
  untilListMatters(signal: AbortSignal): Promise<void>
  /** Something has changed that a look may see. */
  onChange(listener: () => void): void
}

/**
 * The model knows what heald can not know: whether another look would see the same. A node is looked at each `paceMs`
 * while something of its own changes or is left to chance, and once after every other change; else seldom.
 */
export function createPace({ fleet, registry, links, cloud, paceMs }: PaceOptions): Pace {
  const { clock } = fleet
  const changedAt = new Map<string, Millis>()
  const listeners: (() => void)[] = []
  const alarm = createAlarm(clock)
  /** Of anything at all, and of what concerns everybody. */
  let stirredAt = Number.NEGATIVE_INFINITY
  let shakenAt = Number.NEGATIVE_INFINITY

  const tell = (): void => {
    stirredAt = clock.now()
    alarm.ring()
    for (const listener of listeners) listener()
  }
  const shake = (): void => {
    shakenAt = clock.now()
    tell()
  }
  fleet.onChange((name) => {
    changedAt.set(name, clock.now())
    tell()
  })
  registry.onChange(alarm.ring)
  links.onChange(shake)
  cloud.onMood(shake)

  const isUnsteady = (node: string): boolean => {
    const machine = fleet.find(node)
    if (machine === undefined) return false
    for (const { kind, loss } of fleet.troublesOf(machine)) if (kind === 'network' && loss < 1) return true
    return false
  }

  const isEveryMachineANode = (): boolean =>
    fleet.all().every(({ id, spec }) => registry.nodes.get(spec.name)?.systemUUID === id)

  return {
    async untilListMatters(signal) {
      while (!signal.aborted && clock.now() - stirredAt > SETTLED_MS && isEveryMachineANode()) {
        await alarm.sleep({ atLeast: clock.now(), until: Number.POSITIVE_INFINITY }, signal)
      }
    },
    nextLookAt(node, lookedAt) {
      const last = Math.max(changedAt.get(node) ?? Number.NEGATIVE_INFINITY, shakenAt)
      if (lookedAt <= Math.max(last + SETTLED_MS, stirredAt) || !links.now.cloud) return lookedAt + paceMs
      // All of these at the same moments: what each of three hundred finds at one of its own would be a round each.
      return isUnsteady(node) ? (Math.floor(lookedAt / paceMs) + 1) * paceMs : lookedAt + SELDOM_MS
    },
    onChange: (listener) => {
      listeners.push(listener)
    },
  }
}
