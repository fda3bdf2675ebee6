import type { Command } from 'commander'
import { type CompatLine, explainCompat } from '../../src/config/docs/explain-compat.ts'
import { ConfigError, type ConfigIssue, formatIssue } from '../../src/config/load/config-error.ts'
import { type Loaded, loadConfig } from '../../src/config/load/load.ts'
import { readConfigFile } from '../../src/config/load/source.ts'
import type { Config, OptionSchemas } from '../../src/config/schema/schema.ts'
import type { Role } from '../../src/core/model/primitives.ts'
import type { Examined } from '../../src/core/ports/cloud-provider.ts'
import { type ConditionValues, describePolarity } from '../../src/healthcheck/condition-polarity.ts'
import { nodeCondition } from '../../src/healthcheck/node-condition.ts'
import { asError } from '../../src/lib/errors.ts'
import { alignColumns } from '../../src/lib/pure/columns.ts'
import { inFormat, kubeconfigOption, type Output, outputOption, plain } from '../cli/output.ts'

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

interface Outcome {
  readonly file: string
  readonly usable: boolean
  readonly problems: readonly ConfigIssue[]
  readonly warnings: readonly ConfigIssue[]
  /** What a magnum-auto-healer file means; empty for heald's own. */
  readonly compat: readonly CompatLine[]
  /** What every NodeCondition takes for healthy. */
  readonly conditions: readonly ConditionLine[]
  readonly summary: string
  /** What `--live` has found. */
  readonly live?: readonly Examined[]
}

interface ConditionLine {
  readonly role: Role
  readonly check: string
  readonly type: string
  /** `when True`, `unless True or Unknown`, ... */
  readonly healthy: string
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
      deps.write(inFormat({ output }, all, () => renderTable(all)))
      deps.exit(codeOf(all))
    })
}

function codeOf({ usable, live = [] }: Outcome): 0 | 2 | 75 {
  const failed = live.filter(({ state }) => state === 'failed')
  if (!usable || failed.some(({ again }) => again !== true)) return 2
  return failed.length > 0 ? 75 : 0
}

interface Checked {
  readonly outcome: Outcome
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

function accepted(file: string, loaded: Loaded): Outcome {
  const { config, warnings } = loaded
  const compat = config.compat ? explainCompat(loaded) : []
  return {
    file,
    usable: true,
    problems: [],
    warnings,
    compat,
    conditions: conditionsOf(config),
    summary: summaryOf(config),
  }
}

function conditionsOf({ healthcheck }: Config): readonly ConditionLine[] {
  return (['master', 'worker'] as const).flatMap((role) =>
    healthcheck[role]
      .filter(({ type }) => type === nodeCondition.type)
      .flatMap(({ name: check, params }) => {
        const types = params.types as readonly string[]
        return types.map((type) => ({ role, check, type, healthy: describePolarity(type, params as ConditionValues) }))
      }),
  )
}

function refused(file: string, problems: readonly ConfigIssue[], warnings: readonly ConfigIssue[] = []): Outcome {
  const doubts = warnings.length === 0 ? '' : `, ${counted(warnings.length, 'warning')}`
  const summary = `not usable: ${counted(problems.length, 'problem')}${doubts}`
  return { file, usable: false, problems, warnings, compat: [], conditions: [], summary }
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

function summaryOf({ cloudProvider, compat, dryRun, healthcheck }: Config): string {
  const kind = compat ? 'usable, with the defaults of magnum-auto-healer' : 'usable'
  const checks = `${healthcheck.master.length} checks of masters, ${healthcheck.worker.length} of workers`
  return `${kind}: ${checks}, repairs by ${cloudProvider}${dryRun ? ', dry-run' : ''}`
}

function renderTable({ file, problems, warnings, compat, conditions, summary, live = [] }: Outcome): string {
  const lines = [...problems.map(formatIssue), ...warnings.map((warning) => `${formatIssue(warning)} (warning)`)]
  if (compat.length > 0) {
    const written = compat.filter(({ line }) => line !== undefined)
    const open = compat.filter(({ line }) => line === undefined)
    lines.push('', 'What it says:', ...columns(written), '', 'What it leaves open:', ...columns(open), '')
  }
  if (conditions.some(({ type, healthy }) => type !== 'Ready' || healthy !== 'when True')) {
    const rows = conditions.map(({ role, check: name, type, healthy }) => [role, name, type, healthy])
    lines.push('', 'Conditions are healthy:', ...alignColumns(rows).map((row) => `  ${row}`), '')
  }
  const tried = alignColumns(live.map(({ what, state, message }) => [state.padEnd(7), what, plain(message)]))
  return `${[...lines, `${file}: ${summary}`, ...tried].join('\n')}\n`
}

function columns(lines: readonly CompatLine[]): readonly string[] {
  const rows = lines.map(({ line, key, meaning }) => {
    return line === undefined ? [key, meaning] : [String(line).padStart(4), key, meaning]
  })
  return alignColumns(rows).map((row) => `  ${row}`)
}
