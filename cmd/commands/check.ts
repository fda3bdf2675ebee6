import { existsSync } from 'node:fs'
import type { Command } from 'commander'
import { ConfigError } from '../../src/config/load/config-error.ts'
import { loadConfig } from '../../src/config/load/load.ts'
import { readConfigFile } from '../../src/config/load/source.ts'
import type { Config, OptionSchemas } from '../../src/config/schema/schema.ts'
import type { Examined } from '../../src/core/ports/cloud-provider.ts'
import { asError } from '../../src/lib/errors.ts'
import { accepted, type CheckOutcome, refused, renderOutcome, strictly } from '../cli/check-outcome.ts'
import { inFormat, kubeconfigOption, type Output, outputOption } from '../cli/output.ts'

export interface CheckDeps extends OptionSchemas {
  /** To standard output. */
  write(text: string): void
  /** 0: usable; 2: something must be changed first; 75: something did not answer. */
  exit(code: 0 | 2 | 75): void
  /** All of standard input. */
  readInput(): Promise<string>
  /** Tries, by reading alone, what `heald run` would need; the kubeconfig is the one that the command line names. */
  tryOut(config: Config, kubeconfig: string | undefined): Promise<readonly Examined[]>
}

interface CheckOptions extends Output {
  readonly strict?: true
  readonly live?: true
  readonly kubeconfig?: string
}

/** `heald check FILE`: every mistake of a configuration, and what a magnum-auto-healer file means. */
export function registerCheck(program: Command, deps: CheckDeps): void {
  program
    .command('check')
    .summary('say what is wrong with a configuration, and what it means')
    .description('Reads a configuration as `heald run` would and names every mistake, with line and column.')
    .argument('<file...>', 'YAML files, those of magnum-auto-healer included; - reads standard input')
    .addOption(outputOption())
    .option('--strict', 'take warnings for mistakes')
    .option('--live', 'also try what `heald run` needs of the API server and the cloud; changes nothing')
    .addOption(kubeconfigOption())
    .addHelpText(
      'after',
      `
Examples:
  heald check config.yaml
  heald check --strict config.yaml
  heald check --live config.yaml
  kubectl -n kube-system get configmap heald-config -o jsonpath='{.data.config\\.yaml}' | heald check -
  heald check --output json /etc/magnum-auto-healer/config.yaml

Exit codes: 0 usable, 2 not, 75 with --live: something did not answer, try again.`,
    )
    .action(async (files: readonly string[], { output, strict, live, kubeconfig }: CheckOptions) => {
      const outcomes: CheckOutcome[] = []
      for (const file of files) {
        const { outcome, config } = await check(file, deps)
        const judged = strict === undefined ? outcome : strictly(outcome)
        const tried = live && config !== undefined ? await deps.tryOut(config, kubeconfig) : undefined
        outcomes.push(tried === undefined ? judged : { ...judged, live: tried })
      }
      const [first = {}, ...more] = outcomes
      const facts = more.length === 0 ? first : outcomes
      deps.write(inFormat({ output }, facts, () => outcomes.map(renderOutcome).join('\n')))
      const codes = outcomes.map(codeOf)
      deps.exit(codes.find((code) => code === 2) ?? codes.find((code) => code !== 0) ?? 0)
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

async function check(file: string, { plugins, providers, sections = {}, readInput }: CheckDeps): Promise<Checked> {
  const name = file === '-' ? 'standard input' : file
  let text: string
  try {
    text = await (file === '-' ? readInput() : readConfigFile(file))
  } catch (thrown) {
    const message = `can not be read: ${asError(thrown).message}; name a readable file`
    return { outcome: refused(name, [{ file: name, line: 1, col: 1, key: '', message }]) }
  }
  try {
    const loaded = loadConfig(text, { file: name, plugins, providers, sections, exists: existsSync })
    return { outcome: accepted(name, loaded), config: loaded.config }
  } catch (thrown) {
    if (thrown instanceof ConfigError) return { outcome: refused(name, thrown.issues, thrown.warnings) }
    throw thrown
  }
}
