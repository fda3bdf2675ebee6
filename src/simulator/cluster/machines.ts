import { randomUUID } from 'node:crypto'
import type { Finding } from '../../core/model/finding.ts'
import type { NodeFacts } from '../../core/model/node.ts'
import type { Millis } from '../../core/model/primitives.ts'
import type { RungName } from '../../core/model/rungs.ts'
import type { Clock } from '../../core/ports/clock.ts'
import type { NewId } from '../../lib/pure/random.ts'
import type { LocalApi } from '../api/local.ts'
import { runKubelet, type World } from './kubelet.ts'
import {
  boot,
  createMachine,
  kubeletRuns,
  type Machine,
  type MachineFault,
  type MachineSpec,
  REALISTIC,
  settleTask,
  type Timings,
} from './machine.ts'
import { createNodeLifecycle } from './node-lifecycle.ts'
import { createWorkload, type Workload } from './workload.ts'

/** Pretend machines with kubelets that speak to an embedded API, and the faults that real ones have. */
export interface Machines {
  readonly cluster: string
  readonly timings: Timings
  readonly clock: Clock
  /** Switched on and booted, its Node registered by the next tick. */
  add(spec: MachineSpec): Machine
  /** The address of the Node of this name, one of its own for each name. */
  addressOf(name: string): string
  /** The newest machine of this name; throws when there is none. */
  get(name: string): Machine
  all(): readonly Machine[]
  /** Makes it run, with the boot time of a machine that was off. `rung`: by which order. */
  boot(machine: Machine, rung?: RungName): void
  create(spec: MachineSpec): Machine
  remove(machine: Machine): void
  /** The cloud works on it, and when it has done so `apply` happens. */
  assign(machine: Machine, task: string, apply: () => void): void
  /** The faults of the world outside the cloud's knowledge. */
  break(name: string, fault: MachineFault): void
  mend(name: string, fault: MachineFault): void
  powerOff(name: string): void
  pause(name: string): void
  /** A TCP handshake with the kubelet, as a prober would find it. */
  probe(node: NodeFacts, signal: AbortSignal): Promise<Finding>
  /** One round of everything that moves. `run` calls it every `tickMs`. */
  tick(): void
  run(signal: AbortSignal): Promise<void>
}

/** What the pretend cloud needs of its machines. */
export type CloudMachines = Pick<Machines, 'cluster' | 'clock' | 'all' | 'boot' | 'create' | 'remove' | 'assign'>

export interface MachinesOptions {
  readonly api: LocalApi
  readonly clock: Clock
  readonly timings?: Timings
  readonly cluster?: string
  readonly workloads?: readonly Workload[]
  /** The first two numbers of every address; `10.0` unless told. */
  readonly network?: string
  /** UUIDs, unless every run must give the same. */
  readonly newId?: NewId
}

export function createMachines(options: MachinesOptions): Machines {
  const { api, clock, timings = REALISTIC, cluster = 'demo', workloads = [], network = '10.0' } = options
  const { newId = randomUUID } = options
  const addresses = new Map<string, string>()
  const world: World = { api, clock, timings, newId, addressOf }
  const controllers = [createNodeLifecycle(world), ...workloads.map((workload) => createWorkload(world, workload))]
  const machines: Machine[] = []

  function find(name: string): Machine {
    const found = machines.findLast((machine) => machine.spec.name === name)
    if (found === undefined) throw new Error(`machines: ${name}: there is none`)
    return found
  }

  function addressOf(name: string): string {
    const known = addresses.get(name)
    if (known !== undefined) return known
    const index = addresses.size + 1
    const address = `${network}.${Math.floor(index / 250)}.${(index % 250) + 1}`
    addresses.set(name, address)
    return address
  }

  function bootAfter(machine: Machine, bootMs: Millis): void {
    boot(machine, clock.now(), bootMs, newId)
  }

  function create(spec: MachineSpec): Machine {
    const machine = createMachine(spec, cluster, newId)
    machines.push(machine)
    return machine
  }

  function tick(): void {
    for (const machine of [...machines]) {
      settleTask(machine, clock.now())
      runKubelet(world, machine)
    }
    for (const controller of controllers) controller()
  }

  return {
    cluster,
    timings,
    clock,
    add(spec) {
      const machine = create(spec)
      bootAfter(machine, 0)
      return machine
    },
    addressOf,
    get: find,
    all: () => [...machines],
    boot: (machine) => bootAfter(machine, timings.bootMs),
    create,
    remove(machine) {
      const index = machines.indexOf(machine)
      if (index >= 0) machines.splice(index, 1)
    },
    assign(machine, name, apply) {
      machine.task = { name, doneAt: clock.now() + timings.taskMs, apply }
    },
    break: (name, fault) => find(name).faults.add(fault),
    mend: (name, fault) => find(name).faults.delete(fault),
    powerOff: (name) => {
      find(name).power = 'off'
    },
    pause: (name) => {
      find(name).power = 'paused'
    },
    async probe(node, signal) {
      signal.throwIfAborted()
      const seenAt = clock.now()
      const machine = machines.findLast((each) => each.spec.name === node.name)
      const reachable = machine?.power === 'running' && !machine.faults.has('network-cut')
      if (machine === undefined || !reachable)
        return { status: 'fail', reason: 'Timeout', message: 'no answer', seenAt }
      return kubeletRuns(machine, seenAt)
        ? { status: 'pass', reason: 'Reachable', seenAt }
        : { status: 'fail', reason: 'Refused', message: 'connection refused', seenAt }
    },
    tick,
    async run(signal) {
      while (!signal.aborted) {
        tick()
        await clock.sleep(timings.tickMs, signal).catch(() => undefined)
      }
    },
  }
}
