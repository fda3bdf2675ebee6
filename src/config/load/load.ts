import { type Config, cloudSchemas, configSchema, type OptionSchemas, type Settings } from '../schema/schema.ts'
import { notAConfiguration } from '../yaml/misfit.ts'
import { readYaml } from '../yaml/read-yaml.ts'
import { type Canonical, canonicalise, pathKey, type SourceRange } from './canonical.ts'
import { nameChecks, sameNames } from './check-names.ts'
import { mixedRemarks, originOf, withOldDefaults } from './compat.ts'
import type { ConfigIssue } from './config-error.ts'
import { doubtfulValues } from './doubtful.ts'
import { idleSettings } from './idle.ts'
import { causesFirst, configError, sorted, toDiagnostic } from './issues.ts'
import { zodMessage } from './messages.ts'

export interface LoadOptions extends OptionSchemas {
  /** How the source is called in messages: a path, or `configmap NAMESPACE/NAME`. */
  readonly file: string
  /** Whether there is a file of this path, for those that the configuration names. Default: nobody looks. */
  readonly exists?: (path: string) => boolean
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
  const misfit = notAConfiguration(tree)
  if (misfit !== undefined) throw configError(file, [{ key: '', ...misfit }])
  const own = configSchema(options, false)
  const origin = originOf(tree, Object.keys(own.shape))
  const { compat, lenient } = origin
  const schema = compat ? configSchema(options, true) : own
  const clouds = Object.keys(cloudSchemas(options.providers))
  const canonical = canonicalise(tree, schema, { lenient, opaque: new Set(clouds) })

  const value = withCloud(canonical, clouds, compat ? 'openstack' : 'none')
  const parsed = schema.safeParse(compat ? withOldDefaults(value) : value, { error: zodMessage })
  const config = parsed.success ? finish(parsed.data, clouds, options, compat, canonical) : undefined
  const found = (parsed.error?.issues ?? []).map((issue) => toDiagnostic(issue, canonical))
  const doubts = doubtfulValues(canonical, { clouds, exists: options.exists })
  const { problems, warnings } = causesFirst(
    {
      problems: [...canonical.problems, ...doubts.problems, ...found, ...sameNames(canonical.ranges)],
      warnings: [
        ...read.doubts.map((doubt) => ({ key: '', ...doubt })),
        ...canonical.warnings,
        ...mixedRemarks(origin),
        ...doubts.warnings,
        ...(config === undefined ? [] : idleSettings(config, canonical, clouds)),
      ],
    },
    canonical.ranges,
  )
  if (problems.length > 0 || config === undefined) throw configError(file, problems, tree, warnings)
  return { config, warnings: sorted(file, warnings), ranges: canonical.ranges }
}

/** With the cloud that its one block implies where none is named, and with a block for the cloud that it has. */
function withCloud({ value }: Canonical, clouds: readonly string[], preset: string): unknown {
  const written = value as Readonly<Record<string, unknown>>
  const [only, ...others] = clouds.filter((name) => written[name] !== undefined)
  const implied = only !== undefined && others.length === 0 ? only : preset
  const { cloudProvider = implied } = written
  const isBare =
    typeof cloudProvider === 'string' && clouds.includes(cloudProvider) && written[cloudProvider] === undefined
  return { ...written, cloudProvider, ...(isBare ? { [cloudProvider]: {} } : {}) }
}

function finish(
  data: Settings,
  clouds: readonly string[],
  options: LoadOptions,
  compat: boolean,
  canonical: Canonical,
): Config {
  const { compatibility: _asked, healthcheck, ...settings } = data
  const rest: Record<string, unknown> = settings
  const providerOptions: Record<string, unknown> = { [settings.cloudProvider]: {} }
  for (const name of clouds) {
    delete rest[name]
    const written = canonical.ranges.get(pathKey([name]))?.value
    if (written !== undefined && written !== null) providerOptions[name] = written
  }
  const sections: Record<string, unknown> = {}
  for (const name of Object.keys(options.sections ?? {})) {
    sections[name] = rest[name]
    delete rest[name]
  }
  const checks = { master: nameChecks(healthcheck.master), worker: nameChecks(healthcheck.worker) }
  return { ...settings, compat, healthcheck: checks, providerOptions, sections }
}
