import { z } from 'zod'
import { type Act, failed, type Rungs, running, type Sequence, single } from '../../cloudprovider/contract/sequence.ts'
import type { InstanceRef } from '../../core/model/instance.ts'
import type { Order, StepResult } from '../../core/model/order.ts'
import { bootMarkOf, refOf } from './instance.ts'
import type { Machine } from './machine.ts'
import type { CloudMachines } from './machines.ts'

const Cursor = z.object({ at: z.string() })
type Cursor = z.output<typeof Cursor>
type Rung<World> = Sequence<Cursor, World, Order>

const LOOK_AGAIN_MS = 100
const DONE: StepResult = { state: 'done' }

interface CloudSide {
  readonly machines: CloudMachines
  /** Counts the request and carries it out, or fails it. */
  request(act: string, machine: Machine, key: string, effect: () => void): void
  /** Undefined when it is gone; throws when it is another cluster's. */
  byId(ref: InstanceRef): Machine | undefined
}

/** The rungs of the pretend cloud: done when they are answered. */
export function createRungs(cloud: CloudSide): Rungs<Cursor> {
  return {
    cloud: 'pretend',
    cursor: Cursor,
    names: [],
    settleMs: 0,
    lateMs: 0,
    clock: cloud.machines.clock,
    rungs: {
      start: single(oneAct(cloud, 'start')),
      'reboot-soft': single(oneAct(cloud, 'reboot-soft')),
      'reboot-hard': single(oneAct(cloud, 'reboot-hard')),
      replace: single(replace(cloud)),
    },
  }
}

/** Named by the act that comes afterwards, if there is one: it is stored once, before the wait, and not again after it. */
function wait(next = 'wait'): StepResult {
  return running({ at: next }, LOOK_AGAIN_MS)
}

function instanceGone(cursor: Cursor | undefined): StepResult {
  return failed('InstanceGone', cursor === undefined ? 'none' : 'maybe')
}

function next(at: string): Act<Cursor> {
  return { act: { at } }
}

/** start and both reboots: one request, then waiting for the mark of a new start. */
function oneAct(cloud: CloudSide, rung: 'start' | 'reboot-soft' | 'reboot-hard'): Rung<Machine | undefined> {
  const { machines, request, byId } = cloud
  return {
    read: async ({ instance }) => byId(instance),
    look(machine, order, cursor) {
      if (machine === undefined) return instanceGone(cursor)
      const renewed = machine.power === 'running' && bootMarkOf(machine) !== order.bootMark
      if (machine.task === undefined && (renewed || (rung === 'start' && machine.power === 'running'))) return DONE
      if (machine.task !== undefined || machine.orders.has(order.key)) return wait()
      return { ...next(rung), first: 'now' }
    },
    async perform(_act, machine, order) {
      if (machine === undefined) return undefined
      request(rung, machine, order.key, () => {
        machines.assign(machine, rung, () => carryOut(machines, machine, rung))
      })
      return undefined
    },
    undo: (machine) => (machine?.task === undefined ? DONE : wait()),
  }
}

function carryOut(machines: CloudMachines, machine: Machine, rung: 'start' | 'reboot-soft' | 'reboot-hard'): void {
  if (rung === 'reboot-soft' && machine.faults.has('deaf')) return
  if (rung === 'start' && machine.power === 'paused') machine.power = 'running'
  else machines.boot(machine, rung)
}

interface Pair {
  readonly old: Machine | undefined
  readonly fresh: Machine | undefined
}

/** Stop the old machine, create the new one under its name, and only then remove the old one. */
function replace(cloud: CloudSide): Rung<Pair> {
  const { machines, request, byId } = cloud
  return {
    async read({ key, instance }) {
      const fresh = machines.all().find((machine) => machine.orders.has(key) && machine.id !== instance.id)
      return { old: byId(instance), fresh }
    },
    look({ old, fresh }, order, cursor) {
      if (fresh !== undefined) {
        if (fresh.task !== undefined || fresh.power !== 'running') return wait('remove')
        if (old !== undefined) return next('remove')
        return { state: 'done', replacement: { instance: refOf(fresh), nodeName: fresh.spec.name } }
      }
      if (old === undefined) return instanceGone(cursor)
      if (old.task !== undefined) return wait('create')
      const act = next(old.power === 'off' ? 'create' : 'stop')
      return old.orders.has(order.key) ? act : { ...act, first: 'now' }
    },
    async perform({ at }, { old }, order) {
      if (old !== undefined) request(at, old, order.key, () => carryOutReplace(cloud, at, old, order))
      return undefined
    },
    undo({ old, fresh }, order) {
      if (old?.task !== undefined || fresh?.task !== undefined) return wait()
      if (old === undefined || fresh !== undefined || !old.orders.has(order.key)) return DONE
      return old.power === 'running' ? DONE : next('start')
    },
  }
}

function carryOutReplace(cloud: CloudSide, at: string, old: Machine, order: Order): void {
  const { machines } = cloud
  if (at === 'remove') machines.remove(old)
  if (at === 'start') machines.assign(old, 'starting', () => machines.boot(old))
  if (at === 'stop') {
    machines.assign(old, 'stopping', () => {
      old.power = 'off'
    })
  }
  if (at !== 'create') return
  const fresh = machines.create(old.spec)
  fresh.orders.add(order.key)
  machines.assign(fresh, 'building', () => machines.boot(fresh, 'replace'))
}
