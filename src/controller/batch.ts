import { decide } from '../core/decide.ts'
import type { Attempt, NodeRepair } from '../core/model/node-repair.ts'
import { isAbandoning, isOpen, lastAttempt, phaseOf, runningAttempt } from '../core/model/node-repair.ts'
import type { Order } from '../core/model/order.ts'
import type { RungPolicy } from '../core/model/policy.ts'
import type { Millis } from '../core/model/primitives.ts'
import type { RungName } from '../core/model/rungs.ts'
import type { Verdict, View } from '../core/model/view.ts'
import { advance } from '../core/repair/advance.ts'
import { asError } from '../lib/errors.ts'
import type { Hands } from './hands.ts'

/** A repair that is due waits so long for others of its batch that are in repair too: they seldom are due together. */
const GATHER_MS = 20_000
const LOOK_MS = 1_000
/** A cursor is at most 1 KiB and tells of each machine. */
const MOST_TOGETHER = 8
/** In no name of a repair. What follows it is common to the orders that go together, and so outlives a leader. */
const MARK = '@'

/** One repair of an act, with the attempt that is under way. */
export interface Member {
  readonly repair: NodeRepair
  readonly attempt: Attempt
}

/** What goes to the cloud in one step: mostly one order of one repair. */
export interface Act {
  readonly members: readonly Member[]
  /** By key, so that every leader gives them in the same order; those that have ended already included. */
  readonly orders: readonly Order[]
}

/** What a new act is named by, where several repairs begin one together. */
export interface Batch {
  readonly id: string
  readonly key: string
}

export function actOf(members: readonly Member[], ended: readonly Order[] = []): Act {
  const orders = [...members.map(({ attempt }) => attempt.order), ...ended]
  return { members, orders: orders.sort((a, b) => (a.key < b.key ? -1 : 1)) }
}

export function orderKey(repair: NodeRepair, attempt: number, batch: Batch | undefined): string {
  // A deleted repair's name may be given again, and the cloud must not take the new order for the old one.
  const own = `${repair.name}/${repair.uid.slice(0, 8)}/${attempt}`
  return batch === undefined ? own : `${own}${MARK}${batch.id}`
}

export function newBatch(repair: NodeRepair, key: string): Batch {
  return { id: `${repair.uid.slice(0, 8)}.${(lastAttempt(repair)?.id ?? 0) + 1}`, key }
}

export function batchIdOf(repair: NodeRepair): string | undefined {
  return lastAttempt(repair)?.order.key.split(MARK)[1]
}

export function batchKeyOf(node: string, rung: RungName, view: View): string | undefined {
  return view.instances.get(node)?.plans.find((plan) => plan.rung === rung)?.batchKey
}

/**
 * Who begins this rung together with `repair`, itself included: all that are due for it, are free, and have an equal
 * batch key. Undefined: somebody of the batch may be due in a moment.
 */
export function companionsOf(hands: Hands, repair: NodeRepair, rung: RungPolicy): readonly NodeRepair[] | undefined {
  const { lanes, clock } = hands
  const view = hands.view()
  const key = batchKeyOf(repair.spec.nodeName, rung.rung, view)
  if (key === undefined || wasRefused(repair)) return [repair]
  const { verdicts } = decide(view, hands.policy())
  const due = [repair]
  let coming = [...verdicts.values()].some((verdict) => opensSoon(verdict, rung, key, view))
  for (const other of view.repairs.values()) {
    const node = other.spec.nodeName
    if (other.name === repair.name || other.uid === '' || !isOpen(other) || view.unreadable.has(node)) continue
    if (batchKeyOf(node, rung.rung, view) !== key || wasRefused(other)) continue
    const lane = lanes.of(other)
    const effect = advance(other, view, hands.policy(), verdicts.get(node))
    const isDue = 'do' in effect && effect.do === 'issue' && effect.rung.rung === rung.rung
    if (isDue && lane.busy === undefined && lane.failures === 0) due.push(other)
    else if (isDue || isComing(other, view)) coming = true
  }
  const lane = lanes.of(repair)
  lane.gatherUntil ??= clock.now() + GATHER_MS
  if (coming && clock.now() < lane.gatherUntil) {
    lane.notBefore = clock.now() + LOOK_MS
    return undefined
  }
  return due.slice(0, MOST_TOGETHER)
}

/** What says no for a moment only: not failing for long enough, not witnessed or not looked up yet, or the next in line. */
const PASSES_SOON: ReadonlySet<string> = new Set(
  'NotYet OnePlane NoEvidence CloudNotAsked VolumesUnknown OneAtATime'.split(' '),
)

/** Fails, has no repair yet, and nothing but time keeps it from one. */
function opensSoon({ node, repair, gates }: Verdict, { rung }: RungPolicy, key: string, view: View): boolean {
  if (repair !== undefined || !gates.every(({ pass, reason }) => pass || PASSES_SOON.has(reason))) return false
  return view.instances.get(node)?.state === undefined || batchKeyOf(node, rung, view) === key
}

/** What was refused together, such as for a quota, may be granted one by one. */
function wasRefused(repair: NodeRepair): boolean {
  return lastAttempt(repair)?.state === 'NotSent'
}

/** Still broken, and on its way up the ladder. */
function isComing(repair: NodeRepair, view: View): boolean {
  const phase = phaseOf(repair)
  if (repair.deleting || (phase !== 'Pending' && phase !== 'Draining' && phase !== 'Verifying')) return false
  const clocks = view.suspicions.get(repair.spec.nodeName)?.clocks ?? []
  return clocks.some((clock) => clock.failingSince !== undefined)
}

/** The act that this attempt is part of. Undefined: another of its members is busy, or can't be looked after now. */
export function actUnderWay(hands: Hands, repair: NodeRepair, attempt: Attempt): Act | undefined {
  const batch = batchIdOf(repair)
  if (batch === undefined) return actOf([{ repair, attempt }])
  const view = hands.view()
  const members: Member[] = []
  const ended: Order[] = []
  for (const one of view.repairs.values()) {
    const last = lastAttempt(one)
    if (last === undefined || batchIdOf(one) !== batch) continue
    if (phaseOf(one) === 'Acting' && runningAttempt(one) !== undefined) {
      if (one.name !== repair.name && (isAbandoning(one) || !isFree(hands, one, view))) return undefined
      members.push({ repair: one, attempt: last })
    } else if (last.state === 'Confirmed' || last.state === 'Verified') ended.push(last.order)
  }
  return actOf(members, ended)
}

function isFree({ lanes, clock }: Hands, repair: NodeRepair, view: View): boolean {
  const lane = lanes.of(repair)
  return lane.busy === undefined && lane.notBefore <= clock.now() && !view.unreadable.has(repair.spec.nodeName)
}

/** Has a later step of the act a yes from each of its members, or may it only be watched? Undefined: one has to do something else first. */
export function agreeOnStep({ members }: Act, hands: Hands): 'step' | 'recover' | undefined {
  // A single one has said so already.
  if (members.length === 1) return 'step'
  const view = hands.view()
  let agreed: 'step' | 'recover' = 'step'
  for (const { repair } of members) {
    const effect = advance(repair, view, hands.policy(), undefined)
    if (!('do' in effect) || (effect.do !== 'step' && effect.do !== 'recover')) return undefined
    if (effect.do === 'recover') agreed = 'recover'
  }
  return agreed
}

/** Runs what concerns several repairs; the others do nothing of their own meanwhile. To be called before anything is awaited. */
export function together(
  { lanes }: Hands,
  driver: NodeRepair,
  repairs: readonly NodeRepair[],
  job: () => Promise<void>,
): Promise<void> {
  const others = repairs.filter(({ name }) => name !== driver.name).map((repair) => lanes.of(repair))
  const run = job()
  const free = (): void => {
    for (const lane of others) lane.busy = undefined
  }
  const busy = run.then(free, free)
  for (const lane of others) lane.busy = busy
  return busy.then(() => run)
}

/** What one member cannot store must not keep the others from storing theirs. */
export async function forEach(members: readonly Member[], job: (member: Member) => Promise<void>): Promise<void> {
  const results = await Promise.allSettled(members.map(job))
  for (const result of results) if (result.status === 'rejected') throw asError(result.reason)
}

export function laterStep(hands: Hands, repair: NodeRepair, ms: Millis = LOOK_MS): void {
  const lane = hands.lanes.of(repair)
  lane.timer = { ...lane.timer, nextStepAt: hands.clock.now() + ms }
}
