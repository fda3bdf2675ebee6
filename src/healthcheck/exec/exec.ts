import { z } from 'zod'
import { type ProgramEnd, type ProgramOptions, runProgram } from '../../lib/run-program.ts'
import { toMs } from '../../lib/schema/duration.ts'
import { type CheckResult, checkResult } from '../plugin/check-result.ts'
import { commonParams } from '../plugin/params.ts'
import { definePlugin } from '../plugin/plugin.ts'
import { readAnswer, speaksFor } from '../plugin/plugin-answer.ts'
import { createFaultTeller, pollNodes } from '../plugin/poll-nodes.ts'

/** Runs a program once per node: the node as JSON on its stdin, `{"status": "pass"}` or the like on its stdout. */
export const exec = definePlugin({
  type: 'Exec',
  kind: 'poll',
  options: z.strictObject({
    ...commonParams,
    concurrency: commonParams.concurrency.default(8),
    ...speaksFor,
    command: z.array(z.string()).min(1).describe('program and arguments; no shell'),
    env: z.record(z.string(), z.string()).default({}).describe('its whole environment, apart from PATH'),
  }),
  program: ({ command: [file = ''], env }) => ({ file, env }),
  create(base, options, deps) {
    const { command, concurrency, env, plane, symptom = base.name } = options
    const timeoutMs = toMs(options.timeout)
    const tellFaults = createFaultTeller(base.name, deps.log)
    let alive = 0
    const onSpawn = (): void => void alive++
    const onExit = (): void => void alive--
    return {
      ...base,
      kind: 'poll',
      plane,
      symptom,
      async poll(nodes, signal) {
        const findings = await pollNodes(
          nodes,
          { clock: deps.clock, concurrency, atMostMs: timeoutMs },
          async (node) => {
            if (alive >= concurrency) {
              return checkResult(
                'unknown',
                'PluginHung',
                `${alive} runs were killed and are still there; none is added`,
              )
            }
            const run: ProgramOptions = { input: JSON.stringify(node), env, timeoutMs, onSpawn, onExit }
            return readEnd(await runProgram(command, run, signal), options.timeout)
          },
          signal,
        )
        tellFaults(findings)
        return findings
      },
    }
  },
})

function readEnd(end: ProgramEnd, timeout: string): CheckResult {
  switch (end.how) {
    case 'not-started':
      return checkResult('unknown', 'PluginNotStarted', end.error.message)
    case 'killed':
      if (end.why === 'aborted') return checkResult('unknown', 'Aborted')
      if (end.why === 'hung') return checkResult('unknown', 'PluginHung', `no end within ${timeout}; killed`)
      return checkResult('unknown', 'PluginTooLoud', 'more than 64 KiB of output; killed')
    case 'exited':
      if (end.code !== 0) {
        return checkResult('unknown', 'PluginCrashed', `exit code ${end.code ?? 'none, a signal'}: ${end.stderr}`)
      }
      return readOutput(end.stdout)
  }
}

function readOutput(stdout: string): CheckResult {
  try {
    return readAnswer(JSON.parse(stdout))
  } catch {
    return checkResult('unknown', 'PluginGarbage', `stdout is not one JSON document: ${stdout.slice(0, 200)}`)
  }
}
