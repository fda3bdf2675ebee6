import { z } from 'zod'
import { type Sequence, single, stepsOf } from '../../../src/cloudprovider/contract/sequence.ts'
import type { InstanceState, Located } from '../../../src/core/model/instance.ts'
import type { Order, StepResult } from '../../../src/core/model/order.ts'
import { RUNGS } from '../../../src/core/model/rungs.ts'
import { type CloudProvider, ProviderError } from '../../../src/core/ports/cloud-provider.ts'
import type { Judge } from './judge.ts'
import { type Call, LATE_MS, type Life, type World } from './world.ts'

interface Machine {
  readonly id: string
  readonly name: string
  power: 'running' | 'off'
  busy: boolean
  boots: number
  /** Keys of the orders whose requests came. */
  readonly orders: Set<string>
}

const Cursor = z.object({ at: z.string() })
type Cursor = z.output<typeof Cursor>

const TASK_MS = 1_500
const BOOT_MS = 2_500
const CALL_MS = 8_000
const DONE: StepResult = { state: 'done' }

/** A cloud that carries out every request that comes, as often as it comes, and remembers whose order it was. */
export interface Cloud {
  /** The cloud as one process reaches it. */
  connect(life: Life): CloudProvider
  /** The machine that bears this name now. */
  machine(name: string): Machine | undefined
}

/** `onBoot`: a machine runs again, by which rung. */
export function createCloud(
  world: World,
  judge: Judge,
  names: readonly string[],
  onBoot: (machine: Machine, rung: 'reboot-hard' | 'replace') => void,
): Cloud {
  const machines = names.map((name) => create(name, 1))
  let made = machines.length

  function create(name: string, number: number): Machine {
    return { id: `m-${name}-${number}`, name, power: 'running', busy: false, boots: 1, orders: new Set() }
  }

  function work(machine: Machine, ms: number, done: () => void): void {
    machine.busy = true
    world.at(ms, () => {
      machine.busy = false
      done()
    })
  }

  function carryOut(at: string, order: Order): void {
    const machine = machines.find(({ id }) => id === order.instance.id)
    if (machine === undefined) return
    machine.orders.add(order.key)
    if (at === 'reboot') {
      work(machine, TASK_MS + BOOT_MS, () => {
        machine.boots++
        onBoot(machine, 'reboot-hard')
      })
    } else if (at === 'stop' || at === 'start') {
      work(machine, TASK_MS, () => {
        machine.power = at === 'stop' ? 'off' : 'running'
      })
    } else if (at === 'remove') {
      machines.splice(machines.indexOf(machine), 1)
    } else if (at === 'create') {
      const fresh = create(machine.name, ++made)
      fresh.orders.add(order.key)
      machines.push(fresh)
      work(fresh, TASK_MS + BOOT_MS, () => onBoot(fresh, 'replace'))
    }
  }

  const seen = (machine: Machine | undefined): Machine | undefined =>
    machine === undefined ? undefined : { ...machine, orders: new Set(machine.orders) }

  function read({ key, instance }: Order): { old: Machine | undefined; fresh: Machine | undefined } {
    const old = machines.find(({ id }) => id === instance.id)
    return { old: seen(old), fresh: seen(machines.find((one) => one.id !== instance.id && one.orders.has(key))) }
  }

  function connect(life: Life): CloudProvider {
    const ask = <T>(what: string, apply: () => T, signal: AbortSignal, mutates = false): Promise<T> => {
      const error = (): Error => new ProviderError('unavailable', mutates ? 'maybe' : 'none', `${what}: no answer`)
      const call: Call<T> = { what, apply, late: { ms: CALL_MS, error }, mutates }
      return world.call(life, call, signal)
    }
    const rung = (look: Sequence<Cursor, ReturnType<typeof read>, Order>['look'], undo: typeof look) =>
      single<Cursor, ReturnType<typeof read>>({
        look,
        undo,
        read: (order, _cursor, signal) => ask('read', () => read(order), signal),
        async perform({ at }, _world, order, signal) {
          judge.sends(life, order, at)
          await ask(
            at,
            () => {
              judge.arrives(order, at)
              carryOut(at, order)
            },
            signal,
            true,
          )
          return undefined
        },
      })
    const { step, recover, abandon } = stepsOf<Cursor>({
      ...{ cloud: 'schedules', cursor: Cursor, names: [], settleMs: 0, lateMs: LATE_MS, clock: life.clock },
      rungs: {
        'reboot-hard': rung(
          ({ old }, order) => {
            if (old === undefined) return gone
            if (!old.busy && markOf(old) !== order.bootMark) return DONE
            return old.busy || old.orders.has(order.key) ? wait() : { act: { at: 'reboot' }, first: 'now' }
          },
          ({ old }) => (old?.busy ? wait() : DONE),
        ),
        replace: rung(
          ({ old, fresh }, order) => {
            if (fresh !== undefined) {
              if (fresh.busy) return wait('remove')
              if (old !== undefined) return { act: { at: 'remove' } }
              return { state: 'done', replacement: { instance: refOf(fresh), nodeName: fresh.name } }
            }
            if (old === undefined) return gone
            if (old.busy) return wait('create')
            const act = { at: old.power === 'off' ? 'create' : 'stop' }
            return old.orders.has(order.key) ? { act } : { act, first: 'now' }
          },
          ({ old, fresh }, order) => {
            if (old?.busy || fresh?.busy) return wait()
            if (old === undefined || fresh !== undefined || !old.orders.has(order.key)) return DONE
            return old.power === 'running' ? DONE : { act: { at: 'start' } }
          },
        ),
      },
    })
    return {
      name: 'schedules',
      locate: ({ name }, signal) =>
        ask('locate', () => locate(machines.findLast((machine) => machine.name === name)), signal),
      inspect: ({ id }, signal) =>
        ask('inspect', () => stateOf(seen(machines.find((machine) => machine.id === id))), signal),
      plan: ({ task }) =>
        RUNGS.map((name) => ({
          rung: name,
          verdict: task === undefined ? 'ok' : 'hold',
          reason: task ?? '',
          lockKey: 'one',
        })),
      step(orders, cursor, signal) {
        for (const { key } of orders) judge.steps(life, key, cursor)
        return step(orders, cursor, signal)
      },
      recover,
      abandon,
    }
  }

  return { connect, machine: (name) => machines.findLast((one) => one.name === name) }
}

const gone: StepResult = { state: 'failed', reason: 'InstanceGone', effect: 'maybe' }

function wait(at = 'wait'): StepResult {
  return { state: 'running', cursor: { at }, againMs: 1_000 }
}

function markOf({ boots }: Machine): string {
  return `boot-${boots}`
}

function refOf({ id, name }: Machine): InstanceState['ref'] {
  return { id, name }
}

function locate(machine: Machine | undefined): Located {
  return machine === undefined ? { gone: true, slot: false } : { found: refOf(machine) }
}

function stateOf(machine: Machine | undefined): InstanceState {
  if (machine === undefined) throw new ProviderError('not-found', 'none', 'no such machine')
  const task = machine.busy ? { task: 'working' } : {}
  return {
    ref: refOf(machine),
    power: machine.power,
    provenStopped: machine.power === 'off',
    bootMark: markOf(machine),
    ...task,
  }
}
