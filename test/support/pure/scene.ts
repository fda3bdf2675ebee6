import { decide } from '../../../src/core/decide.ts'
import type { Effect, Wait } from '../../../src/core/model/effects.ts'
import type { CheckClock } from '../../../src/core/model/finding.ts'
import type { InstanceView } from '../../../src/core/model/instance.ts'
import type { NodeFacts } from '../../../src/core/model/node.ts'
import type { Attempt, NodeRepair, NodeRepairStatus } from '../../../src/core/model/node-repair.ts'
import type { Order } from '../../../src/core/model/order.ts'
import type { Policy } from '../../../src/core/model/policy.ts'
import type { RungName } from '../../../src/core/model/rungs.ts'
import type { RepairTimer, View } from '../../../src/core/model/view.ts'
import { advance } from '../../../src/core/repair/phases/advance.ts'
import { newTimer } from '../../../src/core/repair/repair-timers.ts'
import {
  attempt,
  failing,
  instance,
  MINUTE,
  masters,
  NOW,
  node,
  policy,
  repair,
  SECOND,
  suspicion,
  type ViewParts,
  view,
  workers,
} from './view.ts'

export const READY = { type: 'Ready', status: 'True' } as const
export const NOT_READY = { type: 'Ready', status: 'False' } as const

/** One repair of `w0` and what is around it. What is left out is as it is while the node is plainly broken. */
export interface Scene {
  readonly repair?: NodeRepair
  /** `null`: there is no Node object. */
  readonly node?: Partial<NodeFacts> | null
  /** `null`: the cloud has not been asked. */
  readonly instance?: InstanceView | null
  readonly clocks?: readonly CheckClock[]
  readonly heartbeatAgeMs?: number
  readonly timer?: Partial<RepairTimer> | null
  readonly parts?: ViewParts
  readonly policy?: Partial<Policy>
}

export function viewOf(scene: Scene): View {
  const one = scene.repair ?? pending()
  const facts = node('w0', { conditions: [NOT_READY], ...(scene.node ?? {}) })
  const others = workers(10).slice(1)
  const known: Record<string, InstanceView> = {}
  if (scene.node !== null && scene.instance !== null)
    known.w0 = scene.instance ?? instance('w0', { bootMark: 'mark-1' })
  const timer: RepairTimer = { ...newTimer(one), stepKnown: true, ...(scene.timer ?? {}) }
  return view({
    ...scene.parts,
    nodes: [...masters(3), ...(scene.node === null ? [] : [facts]), ...others],
    suspicions: scene.node === null ? [] : [suspicion('w0', scene.clocks ?? [failing(10 * MINUTE)])],
    repairs: [one],
    instances: { ...scene.parts?.instances, ...known },
    rest: {
      heartbeats: new Map([['w0', { renewTime: 'x', changedAt: NOW - (scene.heartbeatAgeMs ?? SECOND) }]]),
      timers: scene.timer === null ? new Map() : new Map([[one.name, timer]]),
      ...scene.parts?.rest,
    },
  })
}

/** What is done next, the verdict being that of the real `decide`. */
export function next(scene: Scene): Effect | Wait {
  const one = scene.repair ?? pending()
  const picture = viewOf(scene)
  const rules = policy(scene.policy)
  return advance(one, picture, rules, decide(picture, rules).verdicts.get('w0'))
}

export function order(rung: RungName, change: Partial<Order> = {}): Order {
  return {
    rung,
    repair: 'w0-1',
    nodeName: 'w0',
    nodeUID: 'uid-w0',
    instance: { id: 'machine-w0', name: 'w0' },
    bootID: 'boot-w0',
    bootMark: 'mark-1',
    key: 'w0-1/1',
    ...change,
  }
}

export function running(rung: RungName, change: Partial<Attempt> = {}): Attempt {
  const { finishedAt: _, ...rest } = attempt({ rung, state: 'Issued', order: order(rung) })
  return { ...rest, ...change }
}

export function pending(change: Partial<NodeRepairStatus> = {}): NodeRepair {
  return repair('w0', { phase: 'Pending', ...change })
}

/** In `phase` after an attempt of `rung`: running while acting, confirmed when it is being proved. */
export function inPhase(
  phase: 'Acting' | 'Verifying' | 'Soaking',
  rung: RungName = 'reboot-soft',
  change: Partial<NodeRepairStatus> = {},
): NodeRepair {
  const state = phase === 'Acting' ? 'Issued' : 'Confirmed'
  return repair('w0', { phase, rung, attempts: [running(rung, { state })], ...change })
}

/** The machine after its new boot. */
export function rebooted(change: Partial<InstanceView> = {}): InstanceView {
  return instance('w0', { bootMark: 'mark-2' }, change)
}

/** An effect with what it writes in one place, whichever kind it is, and its holds as text. */
export function flat(effect: Effect | Wait): object {
  if ('wait' in effect) return effect
  const { do: kind, ...rest } = effect
  const status = 'status' in effect ? effect.status : 'then' in effect ? effect.then : undefined
  const holds = status?.holds.map(({ gate, reason }) => `${gate}/${reason}`).join(' ')
  return { ...rest, do: kind, status, holds }
}

export const issues = { do: 'issue', rung: { rung: 'reboot-soft' } }
export const issuesHard = { do: 'issue', rung: { rung: 'reboot-hard' } }
export const steps = { do: 'step' }
export const recovers = { do: 'recover' }
export const waits = (ms?: number): object => ({ wait: ms ?? Number })
export const verified = { do: 'write', status: { phase: 'Soaking' }, said: { reason: 'Verified' } }
export const succeeded = { do: 'write', status: { phase: 'Succeeded', attempts: [{ state: 'Verified' }] } }
export const cancelled = (reason: string): object => ({ do: 'write', status: { phase: 'Cancelled', reason } })
export const parked = (reason: string): object => ({ do: 'write', status: { phase: 'Parked', reason } })
export const held = (by: string): object => ({
  do: 'write',
  status: { phase: 'Pending', attempts: [] },
  holds: new RegExp(by),
})
export const attemptFailed = (reason: string, kind = 'write'): object => ({
  do: kind,
  status: { phase: 'Pending', attempts: [{ state: 'Failed', reason }] },
})

/** The phases as the surprise table of docs/architecture.md §4 names them. */
export type Row = Readonly<Partial<Record<'before' | 'acting' | 'verifying' | 'soaking', readonly Cell[]>>>
type Cell = readonly [rule: string, scene: Scene, expected: object]
