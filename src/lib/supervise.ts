import { setMaxListeners } from 'node:events'
import { createLinked, type Sleeper, sleepUnless, untilAborted } from './abort.ts'
import { asError } from './errors.ts'

/** Something that runs until it is aborted. */
export interface Loop {
  readonly name: string
  run(signal: AbortSignal): Promise<unknown>
  /** Begins again this long after a failure. For loops that nobody depends on; any other failure ends all loops. */
  readonly restartAfterMs?: number
}

/** A loop failed, or it ended though nobody had asked it to. */
export class LoopError extends Error {
  override readonly name = 'LoopError'
  readonly loop: string

  constructor(loop: string, why: string, cause?: unknown) {
    super(`${loop}: ${why}`, { cause })
    this.loop = loop
  }
}

export interface SuperviseOptions {
  readonly clock: Sleeper
  /** Told at once, before anything is ended or restarted. */
  readonly onFailure: (error: LoopError, restarted: boolean) => void
}

/**
 * Runs all loops until `signal` aborts, then ends them stage by stage: the last stage first, because it needs those
 * before it. The first loop that fails ends all in the same way, and its LoopError is thrown when they have ended.
 */
export async function supervise(
  stages: readonly (readonly Loop[])[],
  options: SuperviseOptions,
  signal: AbortSignal,
): Promise<void> {
  const ending = createLinked([signal])
  let failure: LoopError | undefined
  const running = stages.map((loops) => {
    const stop = new AbortController()
    // Every watch, sleep and request of these loops hangs on it.
    setMaxListeners(0, stop.signal)
    const fail = (error: LoopError): void => {
      failure ??= error
      ending.abort(error)
    }
    return { stop, ended: Promise.all(loops.map((loop) => keepRunning(loop, options, stop.signal).catch(fail))) }
  })
  await untilAborted(ending.signal)
  ending.unlink()
  for (const { stop, ended } of running.reverse()) {
    stop.abort()
    await ended
  }
  if (failure !== undefined) throw failure
}

async function keepRunning(loop: Loop, { clock, onFailure }: SuperviseOptions, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const error = await loop.run(signal).then(
      () => new LoopError(loop.name, 'ended though nobody asked it to'),
      (thrown: unknown) => new LoopError(loop.name, asError(thrown).message, thrown),
    )
    if (signal.aborted) return
    onFailure(error, loop.restartAfterMs !== undefined)
    if (loop.restartAfterMs === undefined) throw error
    await sleepUnless(clock, loop.restartAfterMs, [signal])
  }
}
