import { ProviderError } from '../../core/ports/cloud-provider.ts'
import { parseJsonObject } from '../../lib/pure/json.ts'
import { type ProgramEnd, runProgram } from '../../lib/run-program.ts'
import { errorOf } from '../contract/own-answers.ts'
import { type Ask, effectOf, type OwnRequest } from '../contract/own-provider.ts'
import type { ExecOptions } from './schema.ts'

export const PROTOCOL = 1
/** The exit code that says: nothing was sent, or it was refused. */
const NOTHING_CHANGED = 10
/** Killed runs that linger in the kernel, at most. */
const MOST_ALIVE = 32

/** Runs the program once per question: docs/providers.md. */
export function createProgramAsk({ command, env }: Pick<ExecOptions, 'command' | 'env'>): Ask {
  let alive = 0
  const onSpawn = (): void => void alive++
  const onExit = (): void => void alive--
  return async (request, withinMs, signal) => {
    signal.throwIfAborted()
    const what = `exec: ${request.call}`
    if (alive >= MOST_ALIVE) {
      throw new ProviderError('unavailable', 'none', `${what}: ${alive} runs were killed and are still there`)
    }
    const input = `${JSON.stringify({ protocol: PROTOCOL, withinMs: Math.floor(withinMs), ...request })}\n`
    const end = await runProgram(command, { input, env, timeoutMs: withinMs, onSpawn, onExit }, signal)
    if (signal.aborted) throw signal.reason
    return readEnd(what, request, end)
  }
}

function readEnd(what: string, request: OwnRequest, end: ProgramEnd): unknown {
  const effect = effectOf(request)
  switch (end.how) {
    case 'not-started':
      throw new ProviderError('unavailable', 'none', `${what}: not started: ${end.error.message}`)
    case 'killed': {
      const why = end.why === 'loud' ? 'more than 64 KiB of output' : 'no end in time'
      throw new ProviderError('unavailable', effect, `${what}: ${why}; killed`)
    }
    case 'exited': {
      const said = parseJsonObject(end.stdout)
      if (end.code === 0 && said?.protocol === PROTOCOL && 'answer' in said) return said.answer
      const instead =
        end.code === 0
          ? `stdout is not {"protocol": ${PROTOCOL}, "answer": ...}: ${end.stdout.slice(0, 200)}`
          : `exit code ${end.code ?? 'none, a signal'}: ${end.stderr.trim()}`
      throw errorOf(what, end.code === NOTHING_CHANGED ? 'none' : effect, said?.error, instead)
    }
  }
}
