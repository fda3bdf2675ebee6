import { isRecord, listOf, recordAt } from '../../lib/pure/json.ts'
import type { Entry, Tree } from '../yaml/read-yaml.ts'
import type { Diagnostic } from './config-error.ts'
import { kebab } from './schema-shape.ts'

/** The top-level keys of magnum-auto-healer, canonical. */
const REFERENCE = new Set([
  'dryRun',
  'clusterName',
  'cloudProvider',
  'monitorInterval',
  'masterMonitorEnabled',
  'workerMonitorEnabled',
  'kubernetes',
  'openstack',
  'healthcheck',
  'leaderElect',
  'checkDelayAfterAdd',
  'rebuildDelayAfterReboot',
])
const KEBAB_NAMES = new Set([...REFERENCE].map(kebab))

export interface Origin {
  /** The defaults of magnum-auto-healer apply. */
  readonly compat: boolean
  /** It is read as that program reads it, see `CanonicalOptions`. */
  readonly lenient: boolean
  /** Magnum's keys and heald's stand side by side, and nothing says whose defaults are meant: the first of each. */
  readonly mixed?: { readonly theirs: Entry; readonly ours: Entry }
}

/**
 * Whose file it is. Magnum-auto-healer's when one of its keys stands at the top in the spelling that only it has
 * (kebab-case); that spelling under `kubernetes` or `openstack` is enough where nothing at the top is heald's. With a key
 * of heald's own at the top, or one in camelCase, it keeps the defaults and is read strictly. What stands under
 * `healthcheck` does not matter. `compatibility` says it outright.
 *
 * `known`: the top-level keys of heald, canonical.
 */
export function originOf(tree: Tree, known: Iterable<string>): Origin {
  if (tree.kind !== 'map') return { compat: false, lenient: false }
  const asked = tree.entries.find(({ key }) => key === 'compatibility')?.value
  if (asked !== undefined) {
    return { compat: asked.kind === 'scalar' && asked.value === 'magnum-auto-healer', lenient: false }
  }
  const onlyOurs = new Set<string>()
  for (const key of known) {
    if (!REFERENCE.has(key)) onlyOurs.add(key).add(kebab(key))
    else if (kebab(key) !== key) onlyOurs.add(key)
  }
  const isTheirs = ({ key }: Entry): boolean => key.includes('-') && KEBAB_NAMES.has(key.toLowerCase())
  const theirs = tree.entries.find(isTheirs)
  const ours = tree.entries.find(({ key }) => onlyOurs.has(key))
  if (ours !== undefined) {
    return theirs === undefined
      ? { compat: false, lenient: false }
      : { compat: true, lenient: false, mixed: { theirs, ours } }
  }
  const compat = theirs !== undefined || tree.entries.some(hasTheirsInside)
  return { compat, lenient: compat }
}

function hasTheirsInside({ key, value }: Entry): boolean {
  return (
    /^(kubernetes|openstack)$/i.test(key) &&
    value.kind === 'map' &&
    value.entries.some((inner) => inner.key.includes('-'))
  )
}

/** Says which defaults a mixed file keeps, and how to say otherwise. */
export function mixedRemarks({ mixed }: Origin): readonly Diagnostic[] {
  if (mixed === undefined) return []
  const { theirs, ours } = mixed
  const message =
    `is heald's own key in a file of magnum-auto-healer (${theirs.key} in line ${theirs.at.line}), whose defaults stay; ` +
    'say so with compatibility: magnum-auto-healer, or take those of heald with compatibility: none'
  return [{ at: ours.at, key: ours.key, message }]
}

/** What such a file leaves out and heald's own checks have no default for: every condition is healthy when True. */
export function withOldDefaults(value: unknown): unknown {
  const healthcheck = recordAt(value, 'healthcheck')
  const filled = Object.entries(healthcheck).map(([role, checks]) => {
    return [role, Array.isArray(checks) ? listOf(checks).map(withOldValues) : checks] as const
  })
  return filled.length === 0 ? value : { ...(value as object), healthcheck: Object.fromEntries(filled) }
}

function withOldValues(check: unknown): unknown {
  if (!isRecord(check) || check.type !== 'NodeCondition') return check
  const { params = {} } = check
  if (!isRecord(params) || params.okValues !== undefined || params.errorValues !== undefined) return check
  return { ...check, params: { ...params, okValues: ['True'] } }
}
