import type { InstanceState, Located } from '../../core/model/instance.ts'
import type { NodeFacts } from '../../core/model/node.ts'
import type { Order } from '../../core/model/order.ts'
import type { Millis } from '../../core/model/primitives.ts'
import { type CloudProvider, ProviderError } from '../../core/ports/cloud-provider.ts'
import { createPretendCloud } from '../cluster/cloud.ts'
import { stateOf } from '../cluster/instance.ts'
import type { Fleet } from './fleet.ts'
import type { LinkBoard } from './links.ts'
import type { Schedule } from './schedule.ts'

/** What the cloud says of a machine that is not so. `gone`: its group still lists a slot for it. */
export const LIES = ['off', 'gone', 'error'] as const

export type Lie = (typeof LIES)[number]

export interface CloudMood {
  /** Waited before each answer. */
  readonly delayMs: Millis
  /** Answers as of this moment; undefined: as of now. */
  readonly staleSince: Millis | undefined
  /** By node name. */
  readonly lies: ReadonlyMap<string, Lie>
}

export const HONEST: CloudMood = { delayMs: 0, staleSince: undefined, lies: new Map() }

export interface FleetCloud extends CloudProvider {
  readonly mood: CloudMood
  setMood(change: Partial<CloudMood>): void
  onMood(listener: () => void): void
}

/**
 * The pretend cloud, with moods. `onAct` is told of each attempt when its first request comes.
 * Its rungs do what they say all the same: a cloud that errs is still obeyed by its machines.
 */
export function createFleetCloud(
  { clock }: Schedule,
  fleet: Fleet,
  links: LinkBoard,
  onAct: (order: Order) => void,
): FleetCloud {
  const cloud = createPretendCloud(fleet)
  const sent = new Set<string>()
  /** By machine: what a stale cloud goes on saying. */
  const remembered = new Map<string, InstanceState>()
  const listeners: (() => void)[] = []
  let mood = HONEST

  async function enter(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    if (!links.now.cloud) throw new ProviderError('unavailable', 'none', 'fleet: the cloud does not answer')
    if (mood.delayMs > 0) await clock.sleep(mood.delayMs, signal)
  }

  function lieAbout({ name }: NodeFacts, located: Located): Located {
    const machine = fleet.find(name)
    if (mood.lies.get(name) !== 'gone' || machine === undefined) return located
    return { gone: true, slot: true, state: { ...stateOf(machine), power: 'off', provenStopped: true } }
  }

  function colour(state: InstanceState): InstanceState {
    const lie = mood.lies.get(state.ref.name)
    if (lie === 'off') return { ...state, power: 'off', provenStopped: true }
    if (lie === 'error') return { ...state, power: 'error', provenStopped: false }
    if (mood.staleSince === undefined) return state
    return remembered.get(state.ref.id) ?? state
  }

  return {
    ...cloud,
    get mood() {
      return mood
    },
    setMood(change) {
      mood = { ...mood, ...change }
      remembered.clear()
      if (mood.staleSince !== undefined) {
        for (const machine of fleet.all()) remembered.set(machine.id, stateOf(machine))
      }
      for (const listener of listeners) listener()
    },
    onMood: (listener) => {
      listeners.push(listener)
    },
    async locate(node, signal) {
      await enter(signal)
      return lieAbout(node, await cloud.locate(node, signal))
    },
    async inspect(instance, signal) {
      await enter(signal)
      return colour(await cloud.inspect(instance, signal))
    },
    async step(orders, cursor, signal) {
      await enter(signal)
      const fresh = orders.filter(({ key }) => !sent.has(key))
      for (const order of fresh) {
        sent.add(order.key)
        onAct(order)
      }
      return cloud.step(orders, cursor, signal)
    },
    async recover(orders, cursor, signal) {
      await enter(signal)
      return cloud.recover(orders, cursor, signal)
    },
    async abandon(orders, cursor, signal) {
      await enter(signal)
      return cloud.abandon(orders, cursor, signal)
    },
  }
}
