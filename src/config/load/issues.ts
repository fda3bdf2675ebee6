import { isSecretName } from '../../lib/redact.ts'
import type { Tree } from '../yaml/read-yaml.ts'
import { type Canonical, pathKey, type SourceRange } from './canonical.ts'
import { ConfigError, type ConfigIssue, type Diagnostic } from './config-error.ts'
import { diagnosticText } from './messages.ts'
import { spell, spellLike } from './spelling.ts'

const MAX_ISSUES = 100

interface ZodIssue {
  readonly path: readonly PropertyKey[]
  readonly message: string
}

/** Where in the file it is that zod speaks of. */
export function toDiagnostic(issue: ZodIssue, canonical: Canonical): Diagnostic {
  const exact = canonical.ranges.get(pathKey(issue.path))
  const say = (key: string, given: SourceRange | undefined): { key: string; message: string } => {
    const like = (text: string): string => spellLike(text, key, canonical.isKebab)
    return { key, message: like(diagnosticText(like(issue.message), given)) }
  }
  if (exact !== undefined) return { at: exact.at, ...say(exact.label, exact) }
  // Nothing stands there: say so at the nearest thing above it that does.
  const missing = issue.path.map(String)
  let depth = missing.length
  let above: SourceRange | undefined
  while (depth > 0 && above === undefined) above = canonical.ranges.get(pathKey(missing.slice(0, --depth)))
  const rest = spell(missing.slice(depth).join('.'), canonical.isKebab)
  const label = above === undefined || above.label === '' ? rest : `${above.label}.${rest}`
  return { at: above?.at ?? { line: 1, col: 1 }, ...say(label, undefined), missing }
}

export interface Remarks {
  readonly problems: readonly Diagnostic[]
  readonly warnings: readonly Diagnostic[]
}

/**
 * The cause before what follows from it. What is missing because its key is mistyped is told of that key alone, and a
 * mistyped key beside anything else that is missing is a problem even where unknown keys only warn.
 */
export function causesFirst({ problems, warnings }: Remarks, ranges: Canonical['ranges']): Remarks {
  const gaps = problems.flatMap(({ missing }) => (missing === undefined ? [] : [missing]))
  const isCause = ({ meant = [] }: Diagnostic): boolean =>
    meant.some(
      (path) =>
        !ranges.has(pathKey(path)) && gaps.some((gap) => path.slice(0, -1).every((part, index) => gap[index] === part)),
    )
  const causes = warnings
    .filter(isCause)
    .map((cause) => ({ ...cause, message: cause.message.replace(', left out', '') }))
  const meant = new Set([...problems.filter(isCause), ...causes].flatMap((cause) => (cause.meant ?? []).map(pathKey)))
  const isExplained = ({ missing = [] }: Diagnostic): boolean =>
    missing.some((_, index) => meant.has(pathKey(missing.slice(0, index + 1))))
  // One value has one problem: the first that was found, which knows most of it.
  const told = new Map<string, Diagnostic>()
  for (const problem of [...causes, ...problems.filter((one) => !isExplained(one))]) {
    const { at, key, missing } = problem
    const spot = JSON.stringify([at, missing === undefined ? key : missing])
    if (!told.has(spot)) told.set(spot, problem)
  }
  const isTold = ({ at, key }: Diagnostic): boolean => told.has(JSON.stringify([at, key]))
  return { problems: [...told.values()], warnings: warnings.filter((warning) => !isCause(warning) && !isTold(warning)) }
}

/** Every problem, in the order of the file; no secret of `tree` is quoted. */
export function configError(
  file: string,
  remarks: readonly Diagnostic[],
  tree?: Tree,
  warnings: readonly Diagnostic[] = [],
): ConfigError {
  const secrets = tree === undefined ? [] : secretValues(tree)
  const clean = sorted(file, remarks).map((issue) => ({ ...issue, message: withoutSecrets(issue.message, secrets) }))
  if (clean.length <= MAX_ISSUES) return new ConfigError(clean, sorted(file, warnings))
  const more = { file, line: 1, col: 1, key: '', message: `and more problems: ${clean.length - MAX_ISSUES}` }
  return new ConfigError([...clean.slice(0, MAX_ISSUES), more], sorted(file, warnings))
}

/** In the order of the file; what a mistyped key may have caused comes right after that key. */
export function sorted(file: string, remarks: readonly Diagnostic[]): readonly ConfigIssue[] {
  const typos = new Map<string, Diagnostic['at']>()
  for (const { meant = [], at } of remarks) {
    for (const path of meant) typos.set(pathKey(path), at).set(pathKey([...path.slice(0, -1), '*']), at)
  }
  const causeOf = (missing: readonly string[]): Diagnostic['at'] | undefined => {
    const prefixes = missing.map((_, index) => missing.slice(0, index + 1))
    const keys = [...prefixes, [...missing.slice(0, -1), '*']].map(pathKey)
    return keys.map((key) => typos.get(key)).find((at) => at !== undefined)
  }
  return remarks
    .map((remark) => ({ remark, place: (remark.missing && causeOf(remark.missing)) ?? remark.at }))
    .sort((a, b) => a.place.line - b.place.line || a.place.col - b.place.col)
    .map(({ remark: { at, key, message } }) => ({ file, line: at.line, col: at.col, key, message }))
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
