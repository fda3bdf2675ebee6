import { text } from 'node:stream/consumers'
import { Command } from 'commander'
import { optionSchemas } from '../src/daemon/config-boot.ts'
import { EXIT } from './cli/exit.ts'
import { failureOf } from './cli/failure.ts'
import { type Output, outputOption, print, type Terminal } from './cli/output.ts'
import { tryOut } from './cli/preflight.ts'
import { registerApprove } from './commands/approve.ts'
import { registerBacktest } from './commands/backtest.ts'
import { registerCheck } from './commands/check.ts'
import { registerCompletion } from './commands/completion.ts'
import { registerDemo } from './commands/demo.ts'
import { registerHistory } from './commands/history.ts'
import { registerPause } from './commands/pause.ts'
import { registerRepair } from './commands/repair.ts'
import { registerResume } from './commands/resume.ts'
import { registerRun } from './commands/run.ts'
import { registerSimulate } from './commands/simulate.ts'
import { registerStatus } from './commands/status.ts'
import { registerWhy } from './commands/why.ts'

const EXIT_CODES = `
Exit codes: 0 done, 2 wrong use, configuration or rights, 70 heald's own fault, 75 nothing answered: try again.`

/** Runs one command line, without the program's own name, and returns its exit code. Never throws. */
export async function main(args: readonly string[], version: string, terminal: Terminal): Promise<number> {
  let code: number = EXIT.ok
  const program = new Command('heald')
    .description(
      'Heals broken Kubernetes nodes: decides, has the cloud reboot or rebuild them, and proves that it worked.',
    )
    .version(version)
    .showHelpAfterError('(add --help to see what there is)')
    .addHelpText('after', EXIT_CODES)
    .configureOutput({
      writeOut: terminal.out,
      writeErr: terminal.err,
      getOutHelpWidth: () => terminal.columns ?? 80,
      getErrHelpWidth: () => terminal.columns ?? 80,
    })
    // Options behind a command are that command's own.
    .enablePositionalOptions()
    .exitOverride()

  registerRun(program, version)
  registerDemo(program, version)
  registerCheck(program, {
    ...optionSchemas(),
    write: terminal.out,
    readInput: () => text(process.stdin),
    tryOut: (config, kubeconfig) => tryOut(config, kubeconfig, terminal),
    exit: (outcome) => {
      code = outcome
    },
  })
  registerSimulate(program, terminal)
  registerBacktest(program, terminal)
  registerWhy(program, terminal)
  registerStatus(program, terminal)
  registerPause(program, terminal)
  registerResume(program, terminal)
  registerApprove(program, terminal)
  registerRepair(program, terminal)
  registerHistory(program, terminal)
  program
    .command('version')
    .summary('print the version')
    .description('Prints the version of this program. `heald status` prints that of the leader.')
    .addOption(outputOption())
    .addHelpText('after', '\nExamples:\n  heald version')
    .action((options: Output) => print(terminal, options, { version, node: process.version }, () => version))
  registerCompletion(program, terminal)

  try {
    await program.parseAsync(args, { from: 'user' })
    return code
  } catch (thrown) {
    const failure = failureOf(thrown)
    if (failure.message !== undefined) terminal.err(`${failure.message}\n`)
    return failure.code
  }
}
