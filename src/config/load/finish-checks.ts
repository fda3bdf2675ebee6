import type { Check } from '../schema/schema.ts'
import { type Diagnostic, pathKey, type SourceRange } from './canonical.ts'

interface ParsedCheck {
  readonly type: string
  readonly name?: string | undefined
  readonly params: unknown
}

/** Gives every check of a role a name of its own: the given one, else its type, numbered from the second use on. */
export function finishChecks(
  parsed: readonly ParsedCheck[],
  path: readonly string[],
  spots: ReadonlyMap<string, SourceRange>,
): { readonly checks: readonly Check[]; readonly problems: readonly Diagnostic[] } {
  const problems: Diagnostic[] = []
  const taken = new Set<string>()
  for (const [index, { name }] of parsed.entries()) {
    if (name === undefined) continue
    const spot = spots.get(pathKey([...path, String(index), 'name']))
    if (taken.has(name) && spot !== undefined) {
      problems.push({
        at: spot.at,
        key: spot.label,
        message: 'another check of this role has the same name; choose another',
      })
    }
    taken.add(name)
  }
  const uses = new Map<string, number>()
  const checks = parsed.map(({ type, name, params }) => {
    if (name !== undefined) return { type, name, params: params as Check['params'] }
    let own = ''
    do {
      const use = (uses.get(type) ?? 0) + 1
      uses.set(type, use)
      own = use === 1 ? type : `${type}#${use}`
    } while (taken.has(own))
    taken.add(own)
    return { type, name: own, params: params as Check['params'] }
  })
  return { checks, problems }
}
