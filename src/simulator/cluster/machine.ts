import type { Millis, Role } from '../../core/model/primitives.ts'
import type { NewId } from '../../lib/pure/random.ts'

export interface MachineSpec {
  readonly name: string
  readonly role: Role
  /** A member of etcd that its label names so. */
  readonly etcd?: boolean
  readonly zone?: string
  readonly pool?: string
}

/**
 * `kubelet-dead` and `runtime-dead` end with the next boot, `kubelet-broken` only with a new machine. `deaf`: the
 * system does not answer a soft reboot. `network-cut` lasts until it is mended.
 */
export type MachineFault = 'kubelet-dead' | 'kubelet-broken' | 'runtime-dead' | 'deaf' | 'network-cut'

/** How long things take. The real ones are about: heartbeat 10 s, grace 40 s, boot 30 s. */
export interface Timings {
  readonly heartbeatMs: Millis
  /** Silence after which a node's Ready becomes Unknown. */
  readonly graceMs: Millis
  /** From power on to a running kubelet. */
  readonly bootMs: Millis
  /** What the cloud needs to carry out an order. */
  readonly taskMs: Millis
  /** From a pod's deletion to its end, and from its creation to its being ready. */
  readonly podMs: Millis
  readonly tickMs: Millis
}

export const REALISTIC: Timings = {
  heartbeatMs: 10_000,
  graceMs: 40_000,
  bootMs: 20_000,
  taskMs: 5_000,
  podMs: 2_000,
  tickMs: 500,
}

export const FAST: Timings = { heartbeatMs: 500, graceMs: 2_000, bootMs: 1_000, taskMs: 400, podMs: 300, tickMs: 100 }

/** One machine at the pretend cloud. Its id dies with it; its name is its Node's and outlives a replacement. */
export interface Machine {
  readonly id: string
  readonly spec: MachineSpec
  /** Whose machine it is: a provider must leave other clusters' alone. */
  cluster: string
  power: 'running' | 'off' | 'paused'
  bootId: string
  kubeletStartsAt: Millis
  task: { readonly name: string; readonly doneAt: Millis; readonly apply: () => void } | undefined
  readonly faults: Set<MachineFault>
  /** Keys of the orders that it got, as a cloud's list of actions tells them. */
  readonly orders: Set<string>
  /** The boot whose kubelet has registered the Node. */
  registeredBoot: string | undefined
  heartbeatDueAt: Millis
}

const UNTIL_BOOT: readonly MachineFault[] = ['kubelet-dead', 'runtime-dead', 'deaf']

export function createMachine(spec: MachineSpec, cluster: string, newId: NewId): Machine {
  return {
    id: `i-${newId().slice(0, 8)}`,
    spec,
    cluster,
    power: 'off',
    bootId: newId(),
    kubeletStartsAt: Number.POSITIVE_INFINITY,
    task: undefined,
    faults: new Set(),
    orders: new Set(),
    registeredBoot: undefined,
    heartbeatDueAt: 0,
  }
}

export function boot(machine: Machine, now: Millis, bootMs: Millis, newId: NewId): void {
  machine.power = 'running'
  machine.bootId = newId()
  machine.kubeletStartsAt = now + bootMs
  machine.heartbeatDueAt = 0
  for (const fault of UNTIL_BOOT) machine.faults.delete(fault)
}

export function kubeletRuns(machine: Machine, now: Millis): boolean {
  const broken = machine.faults.has('kubelet-dead') || machine.faults.has('kubelet-broken')
  return machine.power === 'running' && now >= machine.kubeletStartsAt && !broken
}

/** The kubelet runs, and what it says arrives. */
export function kubeletSpeaks(machine: Machine, now: Millis): boolean {
  return kubeletRuns(machine, now) && !machine.faults.has('network-cut')
}

/** Ends the cloud's task when its time has come. */
export function settleTask(machine: Machine, now: Millis): void {
  const { task } = machine
  if (task === undefined || now < task.doneAt) return
  machine.task = undefined
  task.apply()
}
