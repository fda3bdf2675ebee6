import type { Role } from '../../core/model/primitives.ts'
import type { Check } from '../schema/schema.ts'
import { pathKey, type SourceRange } from './canonical.ts'
import type { Diagnostic } from './config-error.ts'

interface ParsedCheck {
  readonly type: string
  readonly name?: string | undefined
  readonly params: unknown
}

/** Every name that a role's checks have been given a second time. */
export function sameNames(ranges: ReadonlyMap<string, SourceRange>): readonly Diagnostic[] {
  const roles: readonly Role[] = ['master', 'worker']
  return roles.flatMap((role) => {
    const taken = new Set<unknown>()
    const written: unknown = ranges.get(pathKey(['healthcheck', role]))?.value
    const count = Array.isArray(written) ? written.length : 0
    return Array.from({ length: count }).flatMap((_, index): readonly Diagnostic[] => {
      const range = ranges.get(pathKey(['healthcheck', role, String(index), 'name']))
      if (range === undefined) return []
      const isTaken = taken.has(range.value)
      taken.add(range.value)
      const message = 'another check of this role has the same name; choose another'
      return isTaken ? [{ at: range.at, key: range.label, message }] : []
    })
  })
}

/** Gives every check of a role a name of its own: the given one, else its type, numbered from the second use on. */
export function nameChecks(parsed: readonly ParsedCheck[]): readonly Check[] {
  const taken = new Set(parsed.map(({ name }) => name))
  const uses = new Map<string, number>()
  return parsed.map(({ type, name, params }) => {
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
}
