import type { Command } from 'commander'
import { ConfigError } from '../../src/config/load/config-error.ts'
import { loadConfig } from '../../src/config/load/load.ts'
import { readConfigFile } from '../../src/config/load/source.ts'
import type { Config, OptionSchemas } from '../../src/config/schema/schema.ts'
import type { Examined } from '../../src/core/ports/cloud-provider.ts'
import { asError } from '../../src/lib/errors.ts'
import { accepted, type CheckOutcome, refused, renderOutcome } from '../cli/check-outcome.ts'
import { inFormat, kubeconfigOption, type Output, outputOption } from '../cli/output.ts'

export interface CheckDeps extends OptionSchemas {
  /** To standard output. */
  write(text: string): void
  /** 0: usable; 2: something must be changed first; 75: something did not answer. */
  exit(code: 0 | 2 | 75): void
  /** Tries, by reading alone, what `heald run` would need; the kubeconfig is the one that the command line names. */
  tryOut(config: Config, kubeconfig: string | undefined): Promise<readonly Examined[]>
}

interface CheckOptions extends Output {
  readonly live?: true
  readonly kubeconfig?: string
}

/** `heald check FILE`: every mistake of a configuration, and what a magnum-auto-healer file means. */
export function registerCheck(program: Command, deps: CheckDeps): void {
  program
    .command('check')
    .summary('say what is wrong with a configuration, and what it means')
    .description('Reads a configuration as `heald run` would and names every mistake, with line and column.')
    .argument('<file>', 'a YAML file, one of magnum-auto-healer included')
    .addOption(outputOption())
    .option('--live', 'also try what `heald run` needs of the API server and the cloud; changes nothing')
    .addOption(kubeconfigOption())
    .addHelpText(
      'after',
      `
Examples:
  heald check config.yaml
  heald check --live config.yaml
  heald check --output json /etc/magnum-auto-healer/config.yaml

Exit codes: 0 usable, 2 not, 75 with --live: something did not answer, try again.`,
    )
    .action(async (file: string, { output, live, kubeconfig }: CheckOptions) => {
      const { outcome, config } = await check(file, deps)
      const tried = live && config !== undefined ? await deps.tryOut(config, kubeconfig) : undefined
      const all = tried === undefined ? outcome : { ...outcome, live: tried }
      deps.write(inFormat({ output }, all, () => renderOutcome(all)))
      deps.exit(codeOf(all))
    })
}

function codeOf({ usable, live = [] }: CheckOutcome): 0 | 2 | 75 {
  const failed = live.filter(({ state }) => state === 'failed')
  if (!usable || failed.some(({ again }) => again !== true)) return 2
  return failed.length > 0 ? 75 : 0
}

interface Checked {
  readonly outcome: CheckOutcome
  /** Undefined: not usable. */
  readonly config?: Config
}

async function check(file: string, schemas: OptionSchemas): Promise<Checked> {
  let text: string
  try {
    text = await readConfigFile(file)
  } catch (thrown) {
    const message = `can not be read: ${asError(thrown).message}; name a readable file`
    return { outcome: refused(file, [{ file, line: 1, col: 1, key: '', message }]) }
  }
  try {
    const loaded = loadConfig(text, { file, plugins: schemas.plugins, providers: schemas.providers })
    return { outcome: accepted(file, loaded), config: loaded.config }
  } catch (thrown) {
    if (thrown instanceof ConfigError) return { outcome: refused(file, thrown.issues, thrown.warnings) }
    throw thrown
  }
}
