import type { InstanceRef } from '../../core/model/instance.ts'
import type { Order, StepResult } from '../../core/model/order.ts'
import { bootMarkOf, refOf } from './instance.ts'
import type { Machine } from './machine.ts'
import type { Machines } from './machines.ts'
import { type Next, type Sequence, type Sequences, wait } from './rung-sequence.ts'

interface CloudSide {
  readonly machines: Machines
  /** Counts the request and carries it out, or fails it. */
  request(act: string, machine: Machine, key: string, effect: () => void): void
  /** Undefined when it is gone; throws when it is another cluster's. */
  byId(ref: InstanceRef): Machine | undefined
}

const DONE: StepResult = { state: 'done' }

export function createSequences(cloud: CloudSide): Sequences {
  return {
    start: oneAct(cloud, 'start'),
    'reboot-soft': oneAct(cloud, 'reboot-soft'),
    'reboot-hard': oneAct(cloud, 'reboot-hard'),
    replace: replace(cloud),
  }
}

function failed(reason: string, started: boolean): StepResult {
  return { state: 'failed', reason, effect: started ? 'maybe' : 'none' }
}

/** start and both reboots: one request, then waiting for the mark of a new start. */
function oneAct(cloud: CloudSide, rung: 'start' | 'reboot-soft' | 'reboot-hard'): Sequence {
  const { machines, request, byId } = cloud
  return {
    look(order, started) {
      const machine = byId(order.instance)
      if (machine === undefined) return failed('InstanceGone', started)
      const renewed = machine.power === 'running' && bootMarkOf(machine) !== order.bootMark
      if (machine.task === undefined && (renewed || (rung === 'start' && machine.power === 'running'))) return DONE
      if (machine.task !== undefined || machine.orders.has(order.key)) return wait()
      const perform = (): void => {
        request(rung, machine, order.key, () => {
          setTask(cloud, machine, rung, () => carryOut(machines, machine, rung))
        })
      }
      return { act: rung, first: !started, perform }
    },
    undo: (order) => (byId(order.instance)?.task === undefined ? DONE : wait()),
  }
}

function carryOut(machines: Machines, machine: Machine, rung: 'start' | 'reboot-soft' | 'reboot-hard'): void {
  if (rung === 'reboot-soft' && machine.faults.has('deaf')) return
  if (rung === 'start' && machine.power === 'paused') machine.power = 'running'
  else machines.boot(machine)
}

/** Stop the old machine, create the new one under its name, and only then remove the old one. */
function replace(cloud: CloudSide): Sequence {
  const { machines, request, byId } = cloud
  const freshOf = (order: Order): Machine | undefined =>
    machines.all().find((machine) => machine.orders.has(order.key) && machine.id !== order.instance.id)
  const act = (name: string, first: boolean, machine: Machine, order: Order, effect: () => void): Next => ({
    act: name,
    first,
    perform: () => request(name, machine, order.key, effect),
  })
  return {
    look(order, started) {
      const old = byId(order.instance)
      const fresh = freshOf(order)
      if (fresh !== undefined) {
        if (fresh.task !== undefined || fresh.power !== 'running') return wait('remove')
        if (old !== undefined) return act('remove', false, old, order, () => machines.remove(old))
        return { state: 'done', replacement: { instance: refOf(fresh), nodeName: fresh.spec.name } }
      }
      if (old === undefined) return failed('InstanceGone', started)
      if (old.task !== undefined) return wait('create')
      const first = !started && !old.orders.has(order.key)
      if (old.power !== 'off') {
        return act('stop', first, old, order, () => {
          setTask(cloud, old, 'stopping', () => {
            old.power = 'off'
          })
        })
      }
      return act('create', first, old, order, () => {
        const machine = machines.create(old.spec)
        machine.orders.add(order.key)
        setTask(cloud, machine, 'building', () => machines.boot(machine))
      })
    },
    undo(order) {
      const old = byId(order.instance)
      const fresh = freshOf(order)
      if (old?.task !== undefined || fresh?.task !== undefined) return wait()
      if (old === undefined || fresh !== undefined || !old.orders.has(order.key)) return DONE
      if (old.power === 'running') return DONE
      return act('start', false, old, order, () => setTask(cloud, old, 'starting', () => machines.boot(old)))
    },
  }
}

function setTask({ machines }: CloudSide, machine: Machine, name: string, apply: () => void): void {
  machine.task = { name, doneAt: machines.clock.now() + machines.timings.taskMs, apply }
}
