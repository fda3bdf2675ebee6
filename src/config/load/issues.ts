import { isSecretName } from '../../lib/redact.ts'
import type { Tree } from '../yaml/read-yaml.ts'
import { type Canonical, type Diagnostic, pathKey, type SourceRange } from './canonical.ts'
import { ConfigError, type ConfigIssue } from './config-error.ts'
import { diagnosticText } from './messages.ts'

const MAX_ISSUES = 100

interface ZodIssue {
  readonly path: readonly PropertyKey[]
  readonly message: string
}

/** Where in the file it is that zod speaks of. */
export function toDiagnostic(issue: ZodIssue, canonical: Canonical): Diagnostic {
  const exact = canonical.ranges.get(pathKey(issue.path))
  if (exact !== undefined) return { at: exact.at, key: exact.label, message: diagnosticText(issue.message, exact) }
  // Nothing stands there: say so at the nearest thing above it that does.
  let depth = issue.path.length
  let above: SourceRange | undefined
  while (depth > 0 && above === undefined) above = canonical.ranges.get(pathKey(issue.path.slice(0, --depth)))
  const rest = issue.path.slice(depth).map(String).join('.')
  const label = above === undefined || above.label === '' ? rest : `${above.label}.${rest}`
  return { at: above?.at ?? { line: 1, col: 1 }, key: label, message: diagnosticText(issue.message, undefined) }
}

/** Every problem, in the order of the file; no secret of `tree` is quoted. */
export function configError(file: string, remarks: readonly Diagnostic[], tree?: Tree): ConfigError {
  const issues = sorted(file, remarks)
  const secrets = tree === undefined ? [] : secretValues(tree)
  const clean = issues.map((issue) => ({ ...issue, message: withoutSecrets(issue.message, secrets) }))
  if (clean.length <= MAX_ISSUES) return new ConfigError(clean)
  const more = { file, line: 1, col: 1, key: '', message: `and ${clean.length - MAX_ISSUES} more problems` }
  return new ConfigError([...clean.slice(0, MAX_ISSUES), more])
}

export function sorted(file: string, remarks: readonly Diagnostic[]): readonly ConfigIssue[] {
  return remarks
    .map(({ at, key, message }) => ({ file, line: at.line, col: at.col, key, message }))
    .sort((a, b) => a.line - b.line || a.col - b.col)
}

/** Plugins and clouds bring their own messages: whatever those quote, a secret is taken out. */
function secretValues(tree: Tree): readonly string[] {
  if (tree.kind === 'list') return tree.items.flatMap(secretValues)
  if (tree.kind === 'scalar') return []
  return tree.entries.flatMap(({ key, value }) => {
    if (value.kind !== 'scalar') return secretValues(value)
    const text = String(value.value)
    return isSecretName(key) && text.length >= 4 ? [text] : []
  })
}

function withoutSecrets(message: string, secrets: readonly string[]): string {
  return secrets.reduce((text, secret) => text.replaceAll(secret, '[hidden]'), message)
}
