import { type CompatLine, explainCompat } from '../../src/config/docs/explain-compat.ts'
import { type ConfigIssue, formatIssue } from '../../src/config/load/config-error.ts'
import type { Loaded } from '../../src/config/load/load.ts'
import type { Config } from '../../src/config/schema/schema.ts'
import type { Role } from '../../src/core/model/primitives.ts'
import type { Examined } from '../../src/core/ports/cloud-provider.ts'
import { plural } from '../../src/core/round/gate.ts'
import { type ConditionValues, describePolarity } from '../../src/healthcheck/condition-polarity.ts'
import { nodeCondition } from '../../src/healthcheck/node-condition.ts'
import { alignColumns } from '../../src/lib/pure/columns.ts'
import { plain } from './output.ts'

/** What there is to say of one configuration. */
export interface CheckOutcome {
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

export function accepted(file: string, loaded: Loaded): CheckOutcome {
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

export function refused(
  file: string,
  problems: readonly ConfigIssue[],
  warnings: readonly ConfigIssue[] = [],
): CheckOutcome {
  const doubts = warnings.length === 0 ? '' : `, ${plural(warnings.length, 'warning')}`
  const summary = `not usable: ${plural(problems.length, 'problem')}${doubts}`
  return { file, usable: false, problems, warnings, compat: [], conditions: [], summary }
}

/** The same where nothing may be doubtful. */
export function strictly(outcome: CheckOutcome): CheckOutcome {
  const { usable, warnings } = outcome
  if (!usable || warnings.length === 0) return outcome
  return { ...outcome, usable: false, summary: `not usable with --strict: ${plural(warnings.length, 'warning')}` }
}

function summaryOf({ cloudProvider, compat, dryRun, healthcheck }: Config): string {
  const kind = compat ? 'usable, with the defaults of magnum-auto-healer' : 'usable'
  const checks = `${plural(healthcheck.master.length, 'check')} of masters, ${healthcheck.worker.length} of workers`
  return `${kind}: ${checks}, repairs by ${cloudProvider}${dryRun ? ', dry-run' : ''}`
}

/** As lines for a person. */
export function renderOutcome({
  file,
  problems,
  warnings,
  compat,
  conditions,
  summary,
  live = [],
}: CheckOutcome): string {
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
