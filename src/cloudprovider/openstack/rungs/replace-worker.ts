import type { Order, Replacement, StepResult } from '../../../core/model/order.ts'
import type { ActSignal } from '../../contract/act-signal.ts'
import { failed } from '../../contract/sequence.ts'
import { refuseReplace } from '../survey/replace-plan.ts'
import { refOf } from '../survey/server.ts'
import { isFailed, othersFailing, removedBy } from '../survey/stack-tree.ts'
import type { Survey, Surveyor, Tools } from '../survey/survey.ts'
import { type Act, type Cursor, done, type Sequence, wait } from './cursor.ts'
import { carried, performPower, powerBack, powerDown } from './power-down.ts'
import { highestIndex, isUnderWay, type Patient, type ReplaceWorld, readReplaceWorld } from './replace-world.ts'

/** Magnum answers before it begins: most often after half a second, after a restart of its conductor much later. */
const BEGIN_MS = 60_000
const LOOK_MS = 400
const LOOKS_MS = 2_500
const MOST_TRIES = 2

/**
 * stop, detach, then ONE resize of the group to the very count it has, naming the servers. Magnum takes an id that it
 * does not know without a word, so only the outcome counts: the server gone, a new member of the group in its place.
 */
export function createReplaceWorker(tools: Tools, surveyor: Surveyor): Sequence<ReplaceWorld> {
  const { magnum, clock, options } = tools
  const time = () => ({ wall: clock.wall(), stopTimeoutMs: options.stopTimeout })

  function look(world: ReplaceWorld, orders: readonly Order[], cursor: Cursor | undefined): Act | StepResult {
    const effect = cursor === undefined ? 'none' : 'maybe'
    const left = world.patients.filter(({ server, member }) => server !== undefined || member !== undefined)
    if (left.length === 0) return finish(world, orders, cursor)
    if (hasBegun(world, left, cursor)) return follow(world, left, cursor)
    if (cursor?.at === 'begin') return lookAtBegin(world, cursor)
    if (cursor === undefined) {
      const refusal = refuseReplace(world.grounds)
      if (refusal !== undefined) return failed(`${refusal.reason}: ${refusal.message}`, 'none')
    }
    const down = powerDown(left, cursor, time())
    if (down !== undefined) return down
    if (isUnderWay(world)) return wait(cursor)
    const members = left.flatMap(({ member }) => (member === undefined ? [] : [member]))
    if (othersFailing(world.survey.resources, members).length > 0) return failed('StackHasOtherFailures', effect)
    return resize(world, cursor, {})
  }

  function resize(world: ReplaceWorld, cursor: Cursor | undefined, change: Partial<Cursor>): Act {
    const since = world.survey.stack?.updated_time ?? ''
    const index = cursor?.index ?? highestIndex(world.survey)
    return { act: { ...carried(cursor), at: 'resize', since, index, late: true, ...change }, first: 'named' }
  }

  /** Accepted, and nothing to be seen of it yet. */
  function lookAtBegin(world: ReplaceWorld, cursor: Cursor): Act | StepResult {
    if (isUnderWay(world) || clock.wall() < (cursor.by ?? 0)) return wait(cursor)
    const tries = (cursor.tries ?? 1) + 1
    return tries > MOST_TRIES ? failed('ResizeNotSeen', 'maybe') : resize(world, cursor, { tries })
  }

  function follow(world: ReplaceWorld, left: readonly Patient[], cursor: Cursor | undefined): Act | StepResult {
    if (isUnderWay(world)) return wait(cursor, 'follow')
    if (isFailed(world.survey.stack?.stack_status)) return failed(`UpdateFailed: ${whyFailed(world)}`, 'maybe')
    // A server that Nova deletes at this moment.
    if (left.every(({ member }) => member === undefined)) {
      return clock.wall() < (cursor?.by ?? 0) ? wait(cursor) : failed('ServerLeftOver', 'maybe')
    }
    if (cursor?.byIndex === true) return failed('ResizeIgnored', 'maybe')
    return resize(world, cursor, { byIndex: true })
  }

  async function perform(act: Cursor, world: ReplaceWorld, orders: readonly Order[], signal: ActSignal) {
    if (act.at !== 'resize') return performPower(tools, act, signal)
    const named = world.patients.filter(({ server, member }) => server !== undefined || member !== undefined)
    const remove = named.map(({ order, member }) => (act.byIndex === true ? String(member?.index) : order.instance.id))
    // The count of this very moment: somebody may have scaled the group since the survey.
    const group = await magnum.group(world.survey.group?.uuid ?? '', signal)
    if (group === undefined) return act
    await magnum.resize({ count: group.node_count, remove, group: group.uuid }, signal)
    const begin: Cursor = { ...act, at: 'begin', by: clock.wall() + BEGIN_MS }
    const until = clock.now() + LOOKS_MS
    while (clock.now() < until) {
      const now = await lookIn(orders, signal)
      if (now === undefined) break
      if (hasBegun({ ...world, survey: now }, named, begin) || isUnderWay({ ...world, survey: now })) break
      await clock.sleep(LOOK_MS, signal)
    }
    return begin
  }

  /** Undefined: it can't be had. The resize has been sent all the same, and what comes next must know that. */
  async function lookIn(orders: readonly Order[], signal: AbortSignal): Promise<Survey | undefined> {
    try {
      return await surveyor.survey(orders[0]?.instance.group, signal)
    } catch {
      signal.throwIfAborted()
      return undefined
    }
  }

  function undo(world: ReplaceWorld, _orders: readonly Order[], cursor: Cursor | undefined): Act | StepResult {
    const left = world.patients.filter(({ server }) => server !== undefined)
    const sent = cursor?.at === 'begin' || hasBegun(world, world.patients, cursor)
    if (sent && isUnderWay(world)) return wait(cursor)
    for (const patient of left) {
      const back = powerBack(patient, cursor)
      if (back !== undefined) return back
    }
    return done()
  }

  return {
    read: (orders, cursor, signal) => readReplaceWorld(tools, surveyor, orders, cursor, signal),
    look,
    perform,
    undo,
  }
}

/** The stack has been updated since the cursor was stored, and its parameter names the servers. */
function hasBegun({ survey }: ReplaceWorld, left: readonly Patient[], cursor: Cursor | undefined): boolean {
  if (cursor?.since === undefined || survey.stack === undefined) return false
  if ((survey.stack.updated_time ?? '') === cursor.since) return false
  const removed = removedBy(survey.stack.parameters)
  return left.every(({ order, member }) =>
    cursor.byIndex === true ? removed.has(String(member?.index)) : removed.has(order.instance.id),
  )
}

function finish(world: ReplaceWorld, orders: readonly Order[], cursor: Cursor | undefined): StepResult {
  const { survey, others } = world
  const removed = removedBy(survey.stack?.parameters)
  if (cursor?.index === undefined) {
    // Too late to say which of the group's machines came for it, but it was replaced and not just deleted.
    return orders.every(({ instance }) => removed.has(instance.id))
      ? done()
      : failed('InstanceGone', cursor === undefined ? 'none' : 'maybe')
  }
  if (isUnderWay(world)) return wait(cursor)
  const fresh = others.filter(({ server }) => server?.status === 'ACTIVE')
  if (fresh.length < orders.length) return failed(`NoReplacement: ${whyFailed(world)}`, 'maybe')
  return done(replacements(orders, fresh))
}

/** Places are filled in the order of the old servers' ids, so that everybody reckons the same. */
function replacements(orders: readonly Order[], fresh: ReplaceWorld['others']): ReadonlyMap<string, Replacement> {
  const sorted = [...orders].sort((a, b) => (a.instance.id < b.instance.id ? -1 : 1))
  return new Map(
    sorted.flatMap((order, at) => {
      const server = fresh[at]?.server
      if (server === undefined) return []
      return [[order.key, { instance: refOf(server, order.instance.group), nodeName: server.name }] as const]
    }),
  )
}

function whyFailed({ survey }: ReplaceWorld): string {
  const faults = Object.values(survey.cluster.faults ?? {})
  const why = typeof faults[0] === 'string' ? faults[0] : survey.stack?.stack_status_reason
  return (why ?? survey.cluster.status_reason ?? 'no reason given').slice(0, 300)
}
