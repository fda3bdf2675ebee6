import type { StepResult } from '../../../core/model/order.ts'
import type { Millis } from '../../../core/model/primitives.ts'
import type { ActSignal } from '../../contract/act-signal.ts'
import { isStopped, taskOf } from '../survey/server.ts'
import type { Tools } from '../survey/survey.ts'
import { detachedFrom, detachedKey, foreignVolumes, MOST_DETACHED } from '../survey/volumes.ts'
import { type Act, type Cursor, wait } from './cursor.ts'
import type { Patient } from './replace-world.ts'

const DETACH_MS = 60_000

export interface Clocked {
  readonly wall: Millis
  readonly stopTimeoutMs: Millis
}

/**
 * Stops the machines and then takes the volumes off that do not belong to the stack, so that nothing writes to them when
 * somebody else mounts them. Undefined: all that could be done about it is done. Pure.
 */
export function powerDown(
  patients: readonly Patient[],
  cursor: Cursor | undefined,
  time: Clocked,
): Act | StepResult | undefined {
  const stopped = cursor?.stopped ?? []
  const late = cursor?.late === true || (cursor?.by !== undefined && time.wall >= cursor.by)
  const by = cursor?.by ?? time.wall + time.stopTimeoutMs
  let stopping = false
  for (const patient of late ? [] : patients) {
    const { server } = patient
    if (server === undefined || isStopped(server) || !isStoppable(patient)) continue
    stopping = true
    const sent = stopped.includes(short(server.id)) && !(cursor?.at === 'stop' && cursor.id === server.id)
    if (sent || taskOf(server) !== undefined) continue
    const marks = stopped.includes(short(server.id)) ? stopped : [...stopped, short(server.id)]
    return { act: { ...carried(cursor), at: 'stop', id: server.id, by, stopped: marks }, first: 'named' }
  }
  // All are asked before the first is waited for: one that hangs must not leave the others running.
  if (stopping) return wait({ ...(cursor ?? {}), at: 'stopping', by })
  return detach(patients, cursor, time)
}

function detach(patients: readonly Patient[], cursor: Cursor | undefined, time: Clocked): Act | StepResult | undefined {
  const detached = cursor?.detached ?? []
  for (const { server, attachments, member } of patients) {
    if (server === undefined || !isStopped(server)) continue
    for (const volume of foreignVolumes(server, attachments, member)) {
      const key = detachedKey(server.id, volume)
      const isNamed = cursor?.at === 'detach' && cursor.volume === volume
      if (detached.includes(key) && !isNamed) {
        if (cursor?.at === 'detaching' && time.wall < (cursor.by ?? 0)) return wait(cursor)
        continue
      }
      if (!isNamed && detached.length >= MOST_DETACHED) continue
      const keys = isNamed ? detached : [...detached, key]
      const by = time.wall + DETACH_MS
      const act = { ...carried(cursor), at: 'detach', id: server.id, volume, by, detached: keys, late: true } as const
      return { act, first: 'named' }
    }
  }
  return undefined
}

/** Sends the request of an act that `powerDown` or `powerBack` named; undefined when it is none of theirs. */
export async function performPower(tools: Tools, act: Cursor, signal: ActSignal): Promise<Cursor | undefined> {
  const { nova } = tools
  const { id = '', volume = '', ...rest } = act
  switch (act.at) {
    case 'stop':
      await nova.stop(id, signal)
      return { ...rest, at: 'stopping' }
    case 'detach':
      await nova.detach(id, volume, signal)
      return { ...rest, at: 'detaching' }
    case 'start':
      await nova.start(id, signal)
      return rest
    case 'attach':
      await nova.attach(id, volume, signal)
      return rest
    default:
      return undefined
  }
}

/** Gives back what `powerDown` took: volumes first, then the power, if it was we who took it. Pure. */
export function powerBack(
  { server, attachments, stuck }: Patient,
  cursor: Cursor | undefined,
): Act | StepResult | undefined {
  if (server === undefined || cursor === undefined) return undefined
  const wasOurs = cursor.stopped?.includes(short(server.id)) ?? false
  if (taskOf(server) !== undefined) return wasOurs && !stuck ? wait(cursor) : undefined
  const missing = detachedFrom(server.id, cursor.detached).find(
    (volume) => !attachments.some(({ volumeId }) => volumeId === volume),
  )
  if (missing !== undefined) return { act: { at: 'attach', id: server.id, volume: missing } }
  return wasOurs && isStopped(server) ? { act: { at: 'start', id: server.id } } : undefined
}

export function isDown(patient: Patient): boolean {
  return patient.server === undefined || isStopped(patient.server)
}

/** Nova stops what runs or has failed. A task that hangs keeps every other one out. */
function isStoppable({ server, stuck }: Patient): boolean {
  return !stuck && (server?.status === 'ACTIVE' || server?.status === 'ERROR' || server?.status === 'SHUTOFF')
}

/** What later cursors must still know. */
export function carried(cursor: Cursor | undefined): Partial<Cursor> {
  if (cursor === undefined) return {}
  const { stopped, detached, index, byIndex, tries, late } = cursor
  return {
    ...(stopped === undefined ? {} : { stopped }),
    ...(detached === undefined ? {} : { detached }),
    ...(index === undefined ? {} : { index }),
    ...(byIndex === undefined ? {} : { byIndex }),
    ...(tries === undefined ? {} : { tries }),
    ...(late === undefined ? {} : { late }),
  }
}

function short(id: string): string {
  return id.slice(0, 8)
}
