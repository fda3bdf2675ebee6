import type { Entry } from '../yaml/read-yaml.ts'
import { ODD_SPACE } from '../yaml/syntax-faults.ts'
import type { Diagnostic } from './config-error.ts'
import { nearest } from './nearest.ts'
import { showKey } from './secrets.ts'
import { spell } from './spelling.ts'

export interface UnknownKeysContext {
  /** Of the mapping, canonical and as written. */
  readonly path: readonly string[]
  readonly label: string
  /** Nothing is shown but what looks like a known key. */
  readonly opaque: boolean
  readonly known: readonly string[]
  readonly lenient: boolean
  readonly isKebab: boolean
  /** Where keys belong, see `homesOf`. */
  readonly homes: ReadonlyMap<string, readonly string[]>
}

/** What is said of the keys of one mapping that the schema does not know there. Those that belong elsewhere are told together. */
export function unknownKeys(entries: readonly Entry[], context: UnknownKeysContext): readonly Diagnostic[] {
  const strays = new Map<string, { readonly first: Entry; readonly homes: (readonly string[])[] }>()
  const found: Diagnostic[] = []
  for (const entry of entries) {
    const home = context.homes.get(entry.key)
    if (home === undefined) found.push(unknownKey(entry, context))
    else {
      const above = home.slice(0, -1).join('.')
      const stray = strays.get(above) ?? { first: entry, homes: [] }
      stray.homes.push(home)
      strays.set(above, stray)
    }
  }
  for (const [above, { first, homes }] of strays) {
    const advice =
      above === ''
        ? 'belongs at the top: take its indentation away'
        : `belongs under ${above}: indent it, right below that`
    const more = homes.length === 1 ? '' : `, and so do ${homes.length - 1} more keys here`
    found.push(remark(first, first.key, `${advice}${more}`, homes, context))
  }
  return found
}

/** The key that was meant, else those that there are. */
function unknownKey(entry: Entry, context: UnknownKeysContext): Diagnostic {
  const { path, known } = context
  const meant = nearest(entry.key, known)
  const shown = meant !== undefined ? entry.key : context.opaque ? '…' : showKey(entry.key)
  const list = known.length <= 12 && known.length > 0 ? `known here: ${known.join(', ')}` : 'see docs/configuration.md'
  if (ODD_SPACE.test(entry.key.charAt(0))) {
    return remark(entry, shown, 'a no-break space or the like stands before it; write plain spaces', [], context)
  }
  const advice = meant === undefined ? list : `did you mean ${meant}?`
  return remark(entry, shown, advice, meant === undefined ? [] : [[...path, meant]], context)
}

function remark(
  { at }: Entry,
  shown: string,
  advice: string,
  meant: readonly (readonly string[])[],
  { label, lenient, isKebab }: UnknownKeysContext,
): Diagnostic {
  const message = spell(`unknown key${lenient ? ', left out' : ''}; ${advice}`, isKebab || shown.includes('-'))
  return { at, key: label === '' ? shown : `${label}.${shown}`, message, ...(meant.length === 0 ? {} : { meant }) }
}
