import { isSecretName } from '../../lib/redact.ts'
import { type Config, cloudSchemas, configSchema, type OptionSchemas, type Settings } from '../schema/schema.ts'
import { readYaml } from '../yaml/read-yaml.ts'
import { type Canonical, canonicalise, type Diagnostic, pathKey, type SourceRange } from './canonical.ts'
import { isMagnumFile, withOldDefaults } from './compat.ts'
import type { ConfigIssue } from './config-error.ts'
import { finishChecks } from './finish-checks.ts'
import { configError, sorted, toDiagnostic } from './issues.ts'
import { zodMessage } from './messages.ts'
import { kebab } from './schema-shape.ts'

export interface LoadOptions extends OptionSchemas {
  /** How the source is called in messages: a path, or `configmap NAMESPACE/NAME`. */
  readonly file: string
}

export interface Loaded {
  readonly config: Config
  /** Nothing that stops heald: unknown keys of a magnum-auto-healer file, secrets in the file itself. */
  readonly warnings: readonly ConfigIssue[]
  /** What stands in the file, by canonical path (see `pathKey`). */
  readonly ranges: ReadonlyMap<string, SourceRange>
}

/** Reads a configuration. Throws ConfigError with every problem at once; no message holds the value of a secret. */
export function loadConfig(text: string, options: LoadOptions): Loaded {
  const { file } = options
  const read = readYaml(text)
  if ('problems' in read)
    throw configError(
      file,
      read.problems.map((problem) => ({ key: '', ...problem })),
    )
  const { tree } = read
  if (tree.kind !== 'map') {
    throw configError(file, [
      { at: tree.at, key: '', message: 'expected a mapping of keys to values, see config.example.yaml' },
    ])
  }
  const own = configSchema(options, false)
  const asked = tree.entries.find((entry) => entry.key === 'compatibility')?.value
  const isMagnum = isMagnumFile(tree, Object.keys(own.shape))
  const compat = isMagnum || (asked?.kind === 'scalar' && asked.value === 'magnum-auto-healer')
  const schema = compat ? configSchema(options, true) : own
  const opaque = new Set(Object.keys(cloudSchemas(options.providers)))
  const canonical = canonicalise(tree, schema, { lenient: isMagnum, opaque })

  const parsed = schema.safeParse(compat ? withOldDefaults(canonical.value) : canonical.value, { error: zodMessage })
  const problems = [
    ...canonical.problems,
    ...(parsed.error?.issues ?? []).map((issue) => toDiagnostic(issue, canonical)),
  ]
  if (!parsed.success) throw configError(file, problems, tree)
  const finished = finish(parsed.data, options, compat, canonical)
  problems.push(...finished.problems)
  if (problems.length > 0) throw configError(file, problems, tree)
  const warnings = [...canonical.warnings, ...secretsInside(canonical.ranges, isMagnum)]
  return { config: finished.config, warnings: sorted(file, warnings), ranges: canonical.ranges }
}

function finish(
  data: Settings,
  options: LoadOptions,
  compat: boolean,
  canonical: Canonical,
): { config: Config; problems: readonly Diagnostic[] } {
  const { compatibility: _asked, healthcheck, ...settings } = data
  const master = finishChecks(healthcheck.master, ['healthcheck', 'master'], canonical.ranges)
  const worker = finishChecks(healthcheck.worker, ['healthcheck', 'worker'], canonical.ranges)
  const problems = [...master.problems, ...worker.problems]

  const rest: Record<string, unknown> = settings
  const providerOptions: Record<string, unknown> = {}
  for (const name of Object.keys(cloudSchemas(options.providers))) {
    delete rest[name]
    const written = canonical.ranges.get(pathKey([name]))?.value
    if (written !== undefined && written !== null) providerOptions[name] = written
  }
  const sections: Record<string, unknown> = {}
  for (const name of Object.keys(options.sections ?? {})) {
    sections[name] = rest[name]
    delete rest[name]
  }
  const chosen = settings.cloudProvider
  if (providerOptions[chosen] === undefined) {
    const missing = options.providers[chosen]?.safeParse({}, { error: zodMessage }).error?.issues ?? []
    problems.push(...missing.map((issue) => toDiagnostic({ ...issue, path: [chosen, ...issue.path] }, canonical)))
    providerOptions[chosen] = {}
  }
  const checks = { master: master.checks, worker: worker.checks }
  return { config: { ...settings, compat, healthcheck: checks, providerOptions, sections }, problems }
}

function secretsInside(spots: ReadonlyMap<string, SourceRange>, kebabStyle: boolean): readonly Diagnostic[] {
  const remarks: Diagnostic[] = []
  for (const [path, { at, label, value }] of spots) {
    const key = String((JSON.parse(path) as string[]).at(-1) ?? '')
    if (!isSecretName(key) || typeof value !== 'string' || value === '') continue
    const shown = label.split('.').at(-1) ?? ''
    const better = kebabStyle || shown.includes('-') ? `${kebab(shown)}-file` : `${shown}File`
    remarks.push({
      at,
      key: label,
      message: `a secret stands in the configuration itself; put it in a file and name that with ${better}`,
    })
  }
  return remarks
}
