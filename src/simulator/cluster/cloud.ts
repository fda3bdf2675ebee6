import { stepsOf } from '../../cloudprovider/contract/sequence.ts'
import type { InstanceRef, Located, ProviderErrorKind } from '../../core/model/instance.ts'
import type { NodeFacts } from '../../core/model/node.ts'
import type { Millis } from '../../core/model/primitives.ts'
import { type CloudProvider, ProviderError } from '../../core/ports/cloud-provider.ts'
import { planOf, refOf, stateOf } from './instance.ts'
import type { Machine } from './machine.ts'
import type { CloudMachines } from './machines.ts'
import { createRungs } from './rungs.ts'

/** One mutating request that the cloud has carried out. */
export interface CloudAct {
  readonly act: string
  readonly name: string
  readonly instance: string
  readonly at: Millis
}

/** What goes wrong with the next requests. `maybe`: it is carried out, and the answer is lost. `ignored`: accepted, and nothing happens. */
export interface CloudTrouble {
  readonly effect: 'none' | 'maybe' | 'ignored'
  readonly kind?: ProviderErrorKind
  readonly times: number
}

export interface PretendCloud extends CloudProvider {
  /** Every mutating request, oldest first. */
  acts(): readonly CloudAct[]
  /** Applies to the next mutating requests. */
  trouble(trouble: CloudTrouble): void
  /** While down, every call fails, looks too. */
  setDown(down: boolean): void
}

const PROVIDER_ID = /^pretend:\/\/([^/]+)\/([^/]+)$/

/** A cloud of pretend machines, with the promises of core/ports.ts and troubles on order. */
export function createPretendCloud(
  machines: CloudMachines,
  onAct: (act: CloudAct) => void = () => undefined,
): PretendCloud {
  const acts: CloudAct[] = []
  const troubles: { effect: CloudTrouble['effect']; kind: ProviderErrorKind; times: number }[] = []
  let down = false

  function enter(signal: AbortSignal): void {
    signal.throwIfAborted()
    if (down) throw new ProviderError('unavailable', 'none', 'pretend: the cloud does not answer')
  }

  /** Carries out one request, or does what the next trouble says. */
  function request(act: string, machine: Machine, key: string, effect: () => void): void {
    const trouble = troubles[0]
    if (trouble !== undefined && --trouble.times <= 0) troubles.shift()
    if (trouble?.effect === 'none')
      throw new ProviderError(trouble.kind, 'none', `pretend: ${act} ${machine.id}: ${trouble.kind}`)
    const entry: CloudAct = { act, name: machine.spec.name, instance: machine.id, at: machines.clock.now() }
    acts.push(entry)
    onAct(entry)
    machine.orders.add(key)
    if (trouble?.effect !== 'ignored') effect()
    if (trouble?.effect === 'maybe')
      throw new ProviderError(trouble.kind, 'maybe', `pretend: ${act} ${machine.id}: the answer was lost`)
  }

  function byId(ref: InstanceRef): Machine | undefined {
    const found = machines.all().find((machine) => machine.id === ref.id)
    if (found === undefined || found.cluster === machines.cluster) return found
    throw new ProviderError('invalid', 'none', `pretend: instance ${ref.id}: is of cluster ${found.cluster}`)
  }

  function locate(node: NodeFacts): Located {
    const [, cluster, name] = PROVIDER_ID.exec(node.providerID ?? '') ?? []
    if (node.providerID !== undefined && name === undefined)
      return { mismatch: `${node.providerID} is not of this cloud` }
    const found = machines.all().findLast((machine) => machine.spec.name === (name ?? node.name))
    if (found === undefined) return { gone: true, slot: false }
    const isOurs = found.cluster === machines.cluster && (cluster ?? machines.cluster) === machines.cluster
    return isOurs ? { found: refOf(found) } : { mismatch: `${found.id} is of cluster ${found.cluster}` }
  }

  const steps = stepsOf(createRungs({ machines, request, byId }))

  return {
    name: 'pretend',
    acts: () => [...acts],
    trouble: ({ effect, kind = 'unavailable', times }) => {
      troubles.push({ effect, kind, times })
    },
    setDown: (value) => {
      down = value
    },
    async locate(node, signal) {
      enter(signal)
      return locate(node)
    },
    async members(signal) {
      enter(signal)
      const own = machines.all().filter(({ cluster }) => cluster === machines.cluster)
      return {
        members: own.map((machine) => {
          const { power } = stateOf(machine)
          const { name, role } = machine.spec
          return { ref: refOf(machine), role, power, nodeName: name, addresses: [] }
        }),
      }
    },
    async inspect(instance, signal) {
      enter(signal)
      const machine = byId(instance)
      if (machine === undefined)
        throw new ProviderError('not-found', 'none', `pretend: instance ${instance.id}: not found`)
      return stateOf(machine)
    },
    plan: planOf,
    async capture(instance, signal) {
      enter(signal)
      const faults = [...(byId(instance)?.faults ?? [])]
      return { summary: faults.length === 0 ? 'nothing on the console' : `console: ${faults.join(', ')}` }
    },
    async step(orders, cursor, signal) {
      enter(signal)
      return steps.step(orders, cursor, signal)
    },
    async recover(orders, cursor, signal) {
      enter(signal)
      return steps.recover(orders, cursor, signal)
    },
    async abandon(orders, cursor, signal) {
      enter(signal)
      return steps.abandon(orders, cursor, signal)
    },
  }
}
