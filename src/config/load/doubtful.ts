import { parseDuration } from '../../lib/pure/duration.ts'
import { isSecretName } from '../../lib/redact.ts'
import { type Canonical, pathKey, type SourceRange } from './canonical.ts'
import type { Diagnostic } from './config-error.ts'
import type { Remarks } from './issues.ts'
import { isCarrier } from './secrets.ts'
import { spellLike } from './spelling.ts'

export interface DoubtOptions {
  /** Top-level keys that hold the options of a cloud. */
  readonly clouds: readonly string[]
  /** Whether there is such a file; undefined: the file is not read where this is asked. */
  readonly exists: ((path: string) => boolean) | undefined
}

const PLACEHOLDER = /\$\{[^}]*\}|\{\{.*\}\}|^<[A-Za-z][\w .-]*>$/
const ALL_PLACEHOLDER = /^(\$\{[^}]*\}|\{\{.*\}\}|<[A-Za-z][\w .-]*>)$/
const TYPOGRAPHIC = /^[“”„‘’‚«»]|[“”„‘’‚«»]$/
const USER_INFO = /^[a-z][a-z0-9+.-]*:\/\/[^/\s:@]*:[^/\s@]*@/i

/** Values that every schema lets pass and that can't be meant, and secrets that stand in the file itself. */
export function doubtfulValues(canonical: Canonical, options: DoubtOptions): Remarks {
  const problems: Diagnostic[] = []
  const warnings: Diagnostic[] = []
  for (const [at, range] of canonical.ranges) {
    const path = JSON.parse(at) as readonly string[]
    const key = path.at(-1) ?? ''
    const say = (list: Diagnostic[], message: string): void => {
      list.push({ at: range.at, key: range.label, message: spellLike(message, range.label, canonical.isKebab) })
    }
    if (typeof range.value !== 'string' || path.some(isCarrier)) continue
    const wrong = wrongText(path, range.value)
    const isSecret = isSecretName(key)
    // A password may hold anything, but no password is one whole placeholder.
    if (wrong !== undefined) say(isSecret && !ALL_PLACEHOLDER.test(range.value) ? warnings : problems, wrong)
    const doubt = isSecret
      ? secretInside(path, range, canonical, options)
      : (doubtOf(key, range.value) ?? missingFile(key, range.value, options))
    if (doubt !== undefined) say(warnings, doubt)
  }
  return { problems, warnings }
}

function wrongText(path: readonly string[], text: string): string | undefined {
  if (PLACEHOLDER.test(text)) return 'holds a placeholder that nobody has filled in; write the value itself'
  if (TYPOGRAPHIC.test(text)) {
    return 'begins or ends with a typographic quote, which counts as a part of the value; use " or \', or no quotes'
  }
  if (path.at(-2) === 'endpoints' && /^[a-z][a-z0-9+.-]*:\/\//i.test(text)) {
    return 'expected a path such as /healthz; the host is the node, and protocol and port have keys of their own'
  }
  return undefined
}

function doubtOf(key: string, text: string): string | undefined {
  if (USER_INFO.test(text)) return 'a user and a password stand in this address; take them out, they are a secret'
  if (key === 'unhealthyDuration' && parseDuration(text) === 0) {
    return 'one look that fails makes a node unhealthy at once; mostly 1m to 5m is right'
  }
  return undefined
}

function secretInside(
  path: readonly string[],
  { value }: SourceRange,
  { ranges }: Canonical,
  { clouds }: DoubtOptions,
): string | undefined {
  const key = path.at(-1) ?? ''
  if (value === '') return undefined
  const file = ranges.get(pathKey([...path.slice(0, -1), `${key}File`]))?.value
  if (clouds.includes(path[0] ?? '') && typeof file === 'string' && file !== '') {
    return `stands beside ${key}File, which counts; remove this one`
  }
  return `a secret stands in the configuration itself; put it in a file and name that with ${key}File`
}

function missingFile(key: string, path: string, { exists }: DoubtOptions): string | undefined {
  if (exists === undefined || path === '' || !/(File|^kubeconfig)$/.test(key) || exists(path)) return undefined
  return 'no such file on this machine; heald reads it where it runs: create it there, or correct the path'
}
