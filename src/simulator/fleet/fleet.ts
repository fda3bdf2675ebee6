import type { Millis } from '../../core/model/primitives.ts'
import type { RungName } from '../../core/model/rungs.ts'
import { boot, createMachine, type Machine, type MachineSpec, type Timings } from '../cluster/machine.ts'
import type { CloudMachines } from '../cluster/machines.ts'
import type { Schedule } from './schedule.ts'
import { isCuredBy, type Trouble } from './trouble.ts'

/**
 * Machines with troubles, without an API server: who speaks, who answers and what the cloud sees is worked out when
 * somebody asks. Nothing happens while nothing changes, so quiet time costs nothing.
 */
export interface Fleet extends CloudMachines {
  readonly timings: Timings
  /** Running since long ago. */
  add(spec: MachineSpec): Machine
  /** The newest machine of this name. */
  find(name: string): Machine | undefined
  troublesOf(machine: Machine): ReadonlySet<Trouble>
  afflict(name: string, trouble: Trouble): void
  /** Ends a trouble by itself. A machine that was off is on again. */
  relieve(name: string, trouble: Trouble): void
  /** Called with the name of a machine after anything about it has changed. */
  onChange(listener: (name: string) => void): void
  /** Its kubelet runs, whoever hears it: what is done to it now is done to a living machine. */
  isUp(machine: Machine): boolean
  /** Its pods run, and somebody can use them. */
  serves(machine: Machine): boolean
}

const NO_TROUBLE: ReadonlySet<Trouble> = new Set()

export function createFleet(schedule: Schedule, timings: Timings): Fleet {
  const { clock } = schedule
  const machines: Machine[] = []
  const newest = new Map<string, Machine>()
  const troubles = new Map<Machine, Set<Trouble>>()
  const listeners: ((name: string) => void)[] = []
  let made = 0
  const newId = (): string => (++made).toString(16).padStart(8, '0')

  const changed = ({ spec }: Machine): void => {
    for (const listener of listeners) listener(spec.name)
  }
  const troublesOf = (machine: Machine): Set<Trouble> => {
    const known = troubles.get(machine)
    if (known !== undefined) return known
    const fresh = new Set<Trouble>()
    troubles.set(machine, fresh)
    return fresh
  }
  const has = (machine: Machine, ...kinds: readonly Trouble['kind'][]): boolean =>
    [...(troubles.get(machine) ?? NO_TROUBLE)].some(({ kind }) => kinds.includes(kind))

  function bootIn(machine: Machine, bootMs: Millis): void {
    // A machine without electricity does not boot, whatever the cloud orders.
    if (has(machine, 'power')) return
    boot(machine, clock.now(), bootMs, newId)
    changed(machine)
    schedule.at(clock.now() + bootMs, () => changed(machine))
  }

  function create(spec: MachineSpec): Machine {
    const machine = createMachine(spec, 'fleet', newId)
    // What a replacement would not cure lies in the place where it stands.
    const before = newest.get(spec.name)
    const inherited = before === undefined ? [] : [...troublesOf(before)].filter(({ cure }) => cure === 'none')
    if (inherited.length > 0) troubles.set(machine, new Set(inherited))
    machines.push(machine)
    newest.set(spec.name, machine)
    return machine
  }

  const isUp = (machine: Machine): boolean =>
    machine.power === 'running' && clock.now() >= machine.kubeletStartsAt && !has(machine, 'kubelet', 'image')

  return {
    cluster: 'fleet',
    timings,
    clock,
    all: () => machines,
    find: (name) => newest.get(name),
    troublesOf: (machine) => troubles.get(machine) ?? NO_TROUBLE,
    create,
    add(spec) {
      const machine = create(spec)
      machine.power = 'running'
      machine.kubeletStartsAt = clock.now()
      changed(machine)
      return machine
    },
    remove(machine) {
      const index = machines.indexOf(machine)
      if (index >= 0) machines.splice(index, 1)
      troubles.delete(machine)
    },
    boot(machine, rung: RungName = 'start') {
      const known = troublesOf(machine)
      for (const trouble of known) if (isCuredBy(trouble, rung)) known.delete(trouble)
      bootIn(machine, timings.bootMs)
    },
    assign(machine, name, apply) {
      const task = { name, doneAt: clock.now() + timings.taskMs, apply }
      machine.task = task
      schedule.at(task.doneAt, () => {
        if (machine.task !== task) return
        machine.task = undefined
        apply()
        changed(machine)
      })
      changed(machine)
    },
    afflict(name, trouble) {
      const machine = newest.get(name)
      if (machine === undefined) return
      troublesOf(machine).add(trouble)
      if (trouble.kind === 'power') machine.power = 'off'
      changed(machine)
    },
    relieve(name, trouble) {
      const machine = newest.get(name)
      if (machine === undefined || !troublesOf(machine).delete(trouble)) return
      if (trouble.kind === 'power') bootIn(machine, timings.bootMs)
      changed(machine)
    },
    onChange: (listener) => {
      listeners.push(listener)
    },
    isUp,
    serves: (machine) =>
      isUp(machine) &&
      machine.task?.name !== 'building' &&
      ![...(troubles.get(machine) ?? NO_TROUBLE)].some(
        ({ kind, direction, loss }) =>
          kind === 'runtime' ||
          kind === 'disk' ||
          // As with a dead kubelet: what still runs there is taken out of service, and nobody reaches it by its Service.
          kind === 'certificate' ||
          (kind === 'network' && direction !== 'out' && loss === 1),
      ),
  }
}
