import { canonicalise } from '../../config/load/canonical.ts'
import { configError, toDiagnostic } from '../../config/load/issues.ts'
import { zodMessage } from '../../config/load/messages.ts'
import { readYaml } from '../../config/yaml/read-yaml.ts'
import { Outage } from './outage.ts'

/** Reads a scenario, called `file` in messages. Throws ConfigError with every problem at once, each with line and column. */
export function loadOutage(text: string, file: string): Outage {
  const read = readYaml(text)
  if ('problems' in read) {
    throw configError(
      file,
      read.problems.map((problem) => ({ key: '', ...problem })),
    )
  }
  const canonical = canonicalise(read.tree, Outage, { lenient: false, opaque: new Set() })
  const parsed = Outage.safeParse(canonical.value, { error: zodMessage })
  const wrong = (parsed.error?.issues ?? []).map((issue) => toDiagnostic(issue, canonical))
  if (canonical.problems.length > 0 || !parsed.success) throw configError(file, [...canonical.problems, ...wrong])
  return parsed.data
}
