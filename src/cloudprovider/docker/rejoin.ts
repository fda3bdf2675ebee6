import type { StepResult } from '../../core/model/order.ts'
import type { ActSignal } from '../contract/act-signal.ts'
import { failed } from '../contract/sequence.ts'
import { type Act, type Cursor, wait } from './cursor.ts'
import type { Engine } from './engine.ts'
import { Created, Exec } from './schema.ts'
import type { Tools } from './start.ts'

export async function readExec(engine: Engine, id: string, signal: AbortSignal): Promise<Exec | undefined> {
  return engine.read(`/exec/${encodeURIComponent(id)}/json`, Exec, signal)
}

/** Undefined: nothing to run, or it ended well. An exec that was made and never started runs nothing: made anew. */
export function lookAtRejoin(
  { options, clock }: Tools,
  exec: Exec | undefined,
  cursor: Cursor | undefined,
): Act | StepResult | undefined {
  if (options.rejoinCommand === undefined) return undefined
  const id = cursor?.exec
  if (cursor === undefined || id === undefined) return { act: { at: 'rejoin' } }
  const wasStarted = exec !== undefined && (exec.Running || typeof exec.ExitCode === 'number')
  if (exec === undefined) {
    // The engine forgets a finished exec after some minutes. Whether the node joined, its Node object will tell.
    return cursor.at === 'rejoined' ? undefined : { act: { at: 'rejoin' } }
  }
  if (!wasStarted) return { act: { at: 'rejoin-run', exec: id } }
  if (!exec.Running) return exec.ExitCode === 0 ? undefined : failed('RejoinFailed', 'maybe')
  const by = cursor.at === 'rejoined' ? cursor.by : clock.wall() + options.rejoinTimeout
  if (by !== undefined && clock.wall() >= by) return failed('RejoinTimeout', 'maybe')
  return wait({ at: 'rejoined', exec: id, ...(by === undefined ? {} : { by }) })
}

export async function performRejoin(
  { engine, options }: Tools,
  act: Cursor,
  containerId: string,
  signal: ActSignal,
): Promise<Cursor> {
  if (act.at === 'rejoin-run') {
    const path = `/exec/${encodeURIComponent(act.exec ?? '')}/start`
    await engine.change({ method: 'POST', path, body: { Detach: true } }, signal)
    return act
  }
  const body = { Cmd: options.rejoinCommand ?? [], AttachStdout: false, AttachStderr: false }
  const created = await engine.change({ method: 'POST', path: `/containers/${containerId}/exec`, body }, signal)
  return created === 'pending' ? { at: 'rejoin' } : { at: 'rejoin-run', exec: Created.parse(created.body).Id }
}
