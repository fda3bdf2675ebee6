import { type Command, Option } from 'commander'
import { ConfigError, type ConfigIssue, formatIssue } from '../../src/config/config-error.ts'
import { type CompatLine, explainCompat } from '../../src/config/explain-compat.ts'
import { type Loaded, loadConfig } from '../../src/config/load.ts'
import type { Config, OptionSchemas } from '../../src/config/schema.ts'
import { readConfigFile } from '../../src/config/source.ts'
import { asError } from '../../src/lib/errors.ts'

export interface CheckDeps extends OptionSchemas {
  /** To standard output. */
  write(text: string): void
  /** 0: usable; 2: not. */
  exit(code: 0 | 2): void
}

interface Outcome {
  readonly file: string
  readonly usable: boolean
  readonly problems: readonly ConfigIssue[]
  readonly warnings: readonly ConfigIssue[]
  /** What a magnum-auto-healer file means; empty for heald's own. */
  readonly compat: readonly CompatLine[]
  readonly summary: string
}

/** `heald check FILE`: every mistake of a configuration, and what a magnum-auto-healer file means. */
export function registerCheck(program: Command, deps: CheckDeps): void {
  program
    .command('check')
    .summary('say what is wrong with a configuration, and what it means')
    .description('Reads a configuration as `heald run` would and names every mistake, with line and column.')
    .argument('<file>', 'a YAML file, one of magnum-auto-healer included')
    .addOption(new Option('-o, --output <format>', 'how to print').choices(['table', 'json']).default('table'))
    .addHelpText(
      'after',
      '\nExamples:\n  heald check config.yaml\n  heald check --output json /etc/magnum-auto-healer/config.yaml\n\nExit codes: 0 usable, 2 not.',
    )
    .action(async (file: string, { output }: { output: 'table' | 'json' }) => {
      const outcome = await check(file, deps)
      deps.write(output === 'json' ? `${JSON.stringify(outcome, null, 2)}\n` : renderTable(outcome))
      deps.exit(outcome.usable ? 0 : 2)
    })
}

async function check(file: string, schemas: OptionSchemas): Promise<Outcome> {
  let text: string
  try {
    text = await readConfigFile(file)
  } catch (thrown) {
    const message = `can not be read: ${asError(thrown).message}; name a readable file`
    return refused(file, [{ file, line: 1, col: 1, key: '', message }])
  }
  try {
    const loaded = loadConfig(text, { file, plugins: schemas.plugins, providers: schemas.providers })
    return accepted(file, loaded)
  } catch (thrown) {
    if (thrown instanceof ConfigError) return refused(file, thrown.issues)
    throw thrown
  }
}

function accepted(file: string, loaded: Loaded): Outcome {
  const { config, warnings } = loaded
  const compat = config.compat ? explainCompat(loaded) : []
  return { file, usable: true, problems: [], warnings, compat, summary: summaryOf(config) }
}

function refused(file: string, problems: readonly ConfigIssue[]): Outcome {
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`
  return { file, usable: false, problems, warnings: [], compat: [], summary: `not usable: ${count}` }
}

function summaryOf({ cloudProvider, compat, dryRun, healthcheck }: Config): string {
  const kind = compat ? 'usable, with the defaults of magnum-auto-healer' : 'usable'
  const checks = `${healthcheck.master.length} checks of masters, ${healthcheck.worker.length} of workers`
  return `${kind}: ${checks}, repairs by ${cloudProvider}${dryRun ? ', dry-run' : ''}`
}

function renderTable({ file, problems, warnings, compat, summary }: Outcome): string {
  const lines = problems.map(formatIssue)
  lines.push(...warnings.map((warning) => `${formatIssue(warning)} (warning)`))
  if (compat.length > 0) {
    const written = compat.filter(({ line }) => line !== undefined)
    const open = compat.filter(({ line }) => line === undefined)
    lines.push('', 'What it says:', ...columns(written), '', 'What it leaves open:', ...columns(open), '')
  }
  return `${[...lines, `${file}: ${summary}`].join('\n')}\n`
}

function columns(lines: readonly CompatLine[]): readonly string[] {
  const width = Math.max(...lines.map(({ key }) => key.length), 0)
  return lines.map(({ line, key, meaning }) => {
    const at = line === undefined ? '' : `${String(line).padStart(4)}  `
    return `  ${at}${key.padEnd(width)}  ${meaning}`
  })
}
