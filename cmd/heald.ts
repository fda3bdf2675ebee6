import { Command, CommanderError } from 'commander'
import { asError } from '../src/lib/errors.ts'
import { registerRun } from './commands/run.ts'
import { ExitError } from './config-boot.ts'
import { EXIT } from './exit.ts'

declare const HEALD_VERSION: string

const program = new Command('heald')
  .description(
    'Heals broken Kubernetes nodes: decides, has the cloud reboot or rebuild them, and proves that it worked.',
  )
  .version(HEALD_VERSION)
  .showHelpAfterError('(heald --help shows what there is)')
  .exitOverride()

registerRun(program, HEALD_VERSION)

try {
  await program.parseAsync()
} catch (thrown) {
  if (thrown instanceof CommanderError) process.exitCode = thrown.exitCode === 0 ? EXIT.ok : EXIT.usage
  else if (thrown instanceof ExitError) {
    process.stderr.write(`${thrown.message}\n`)
    process.exitCode = thrown.code
  } else {
    process.stderr.write(`heald: ${asError(thrown).message}\n`)
    process.exitCode = EXIT.internal
  }
}
