import type { Order, StepResult } from '../../../core/model/order.ts'
import type { ActSignal } from '../../contract/act-signal.ts'
import { failed } from '../../contract/sequence.ts'
import type { Resource } from '../schema/answers.ts'
import { refuseReplace } from '../survey/replace-plan.ts'
import { refOf } from '../survey/server.ts'
import { isBusy, isFailed, othersFailing, volumeResource } from '../survey/stack-tree.ts'
import type { Surveyor, Tools } from '../survey/survey.ts'
import { rootVolume } from '../survey/volumes.ts'
import { type Act, type Cursor, done, type Sequence, wait } from './cursor.ts'
import { carried, isDown, performPower, powerBack, powerDown } from './power-down.ts'
import { type Patient, type ReplaceWorld, readReplaceWorld } from './replace-world.ts'

/** Heat begins an update before it answers; its old engine a moment later. */
const BEGIN_MS = 20_000
const MARK = 'CHECK_FAILED'

/**
 * mark the server (and the volume that it boots from) unhealthy, stop it, update the stack without a change: Heat makes
 * what is marked anew, in its old place and under its old name. A mark that is forgotten makes the next resize replace
 * a healthy master, so whatever ends this takes it back.
 */
export function createReplaceMaster(tools: Tools, surveyor: Surveyor): Sequence<ReplaceWorld> {
  const { heat, clock, options } = tools

  function look(world: ReplaceWorld, _orders: readonly Order[], cursor: Cursor | undefined): Act | StepResult {
    const [patient] = world.patients
    if (patient === undefined) return failed('NoOrder', 'none')
    const { member } = patient
    if (member === undefined) return finish(world, patient, cursor)
    if (hasBegun(world, cursor)) return follow(world, cursor)
    if (cursor?.at === 'begin' && clock.wall() < (cursor.by ?? 0)) return wait(cursor)
    if (cursor === undefined) {
      const refusal = refuseReplace(world.grounds)
      if (refusal !== undefined) return failed(`${refusal.reason}: ${refusal.message}`, 'none')
    }
    const unmarked = targets(patient).find(({ resource_status }) => resource_status !== MARK)
    if (unmarked !== undefined) {
      return {
        act: { ...carried(cursor), at: 'mark', id: unmarked.resource_name, index: member.index },
        first: 'named',
      }
    }
    const down = powerDown([patient], cursor, { wall: clock.wall(), stopTimeoutMs: options.stopTimeout })
    if (down !== undefined) return down
    // Its etcd volume must not be written to from two machines.
    if (!isDown(patient)) return failed('NotStopped', 'maybe')
    if (isBusy(world.survey.stack?.stack_status)) return wait(cursor)
    if (othersFailing(world.survey.resources, [member]).length > 0) return failed('StackHasOtherFailures', 'maybe')
    const tries = cursor?.at === 'begin' ? (cursor.tries ?? 1) + 1 : cursor?.tries
    if ((tries ?? 1) > 2) return failed('UpdateNotSeen', 'maybe')
    const since = world.survey.stack?.updated_time ?? ''
    return {
      act: { ...carried(cursor), at: 'update', since, index: member.index, ...(tries === undefined ? {} : { tries }) },
      first: 'named',
    }
  }

  function follow(world: ReplaceWorld, cursor: Cursor | undefined): StepResult {
    const { stack } = world.survey
    if (isBusy(stack?.stack_status)) return wait(cursor)
    const why = stack?.stack_status_reason ?? ''
    return failed(isFailed(stack?.stack_status) ? `UpdateFailed: ${why.slice(0, 300)}` : 'NotReplaced', 'maybe')
  }

  async function perform(act: Cursor, world: ReplaceWorld, orders: readonly Order[], signal: ActSignal) {
    const { stack } = world.survey
    const member = world.patients[0]?.member
    if (act.at === 'mark' || act.at === 'unmark') {
      if (member === undefined) return act
      await heat.mark(member.stack, act.id ?? '', act.at === 'mark', reasonOf(orders), signal)
      return { ...carried(act), at: act.at === 'mark' ? 'marked' : 'unmarked' }
    }
    if (act.at !== 'update') return performPower(tools, act, signal)
    if (stack === undefined) return act
    await heat.update({ name: stack.stack_name, id: stack.id }, signal)
    return { ...act, at: 'begin', by: clock.wall() + BEGIN_MS }
  }

  function undo(world: ReplaceWorld, _orders: readonly Order[], cursor: Cursor | undefined): Act | StepResult {
    const [patient] = world.patients
    // Gone from the stack: it was replaced, which is as good as whole.
    if (patient?.member === undefined) return isBusy(world.survey.stack?.stack_status) ? wait(cursor, 'undo') : done()
    if (isBusy(world.survey.stack?.stack_status)) return wait(cursor, 'undo')
    const ours = patient.member.resources.find(isOurMark)
    if (ours !== undefined) return { act: { at: 'unmark', id: ours.resource_name } }
    return powerBack(patient, cursor) ?? done()
  }

  return {
    read: (orders, cursor, signal) => readReplaceWorld(tools, surveyor, orders, cursor, signal),
    look,
    perform,
    undo,
  }
}

/** What Heat must make anew: the server, and the disk that it would otherwise be given back. */
function targets({ member, server, attachments }: Patient): readonly Resource[] {
  if (member === undefined) return []
  const root = server === undefined ? undefined : rootVolume(server, attachments)
  const volume = root === undefined ? undefined : volumeResource(member, root)
  return volume === undefined ? [member.server] : [member.server, volume]
}

function reasonOf([order]: readonly Order[]): string {
  return `heald: ${order?.key ?? ''}`
}

function isOurMark({ resource_status, resource_status_reason }: Resource): boolean {
  return resource_status === MARK && (resource_status_reason ?? '').startsWith('heald: ')
}

/** An update has come into the stack since the cursor was stored, and nobody else's could: one key locks them all. */
function hasBegun({ survey }: ReplaceWorld, cursor: Cursor | undefined): boolean {
  return cursor?.since !== undefined && (survey.stack?.updated_time ?? '') !== cursor.since
}

function finish({ survey, others }: ReplaceWorld, { order }: Patient, cursor: Cursor | undefined): StepResult {
  const effect = cursor === undefined ? 'none' : 'maybe'
  const heir = others.find(({ member, server }) =>
    cursor?.index === undefined ? server?.name === order.instance.name : member.index === cursor.index,
  )
  if (isBusy(survey.stack?.stack_status))
    return heir === undefined && cursor === undefined ? failed('InstanceGone', effect) : wait(cursor, 'follow')
  if (heir?.server === undefined) return failed('InstanceGone', effect)
  if (heir.server.status !== 'ACTIVE') {
    return failed(`NoReplacement: ${(survey.stack?.stack_status_reason ?? heir.server.status).slice(0, 300)}`, effect)
  }
  return done(
    new Map([[order.key, { instance: refOf(heir.server, order.instance.group), nodeName: heir.server.name }]]),
  )
}
