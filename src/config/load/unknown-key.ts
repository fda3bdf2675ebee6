import type { Entry } from '../yaml/read-yaml.ts'
import type { Diagnostic } from './config-error.ts'
import { nearest } from './nearest.ts'
import { showKey } from './secrets.ts'
import { spell } from './spelling.ts'

export interface UnknownKeyContext {
  /** Of the mapping, canonical and as written. */
  readonly path: readonly string[]
  readonly label: string
  /** Nothing is shown but what looks like a known key. */
  readonly opaque: boolean
  readonly known: readonly string[]
  readonly lenient: boolean
  readonly isKebab: boolean
}

/** What is said of a key that the schema does not know there: the key that was meant, else those that there are. */
export function unknownKey(entry: Entry, context: UnknownKeyContext): Diagnostic {
  const { path, label, known } = context
  const meant = nearest(entry.key, known)
  const shown = meant !== undefined ? entry.key : context.opaque ? '…' : showKey(entry.key)
  const list = known.length <= 12 && known.length > 0 ? `known here: ${known.join(', ')}` : 'see docs/configuration.md'
  const advice = meant === undefined ? list : `did you mean ${meant}?`
  const message = `unknown key${context.lenient ? ', left out' : ''}; ${advice}`
  return {
    at: entry.at,
    key: label === '' ? shown : `${label}.${shown}`,
    message: spell(message, context.isKebab || shown.includes('-')),
    ...(meant === undefined ? {} : { meant: [...path, meant] }),
  }
}
