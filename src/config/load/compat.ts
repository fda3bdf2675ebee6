import { isRecord, listOf, recordAt } from '../../lib/pure/json.ts'
import type { Tree } from '../yaml/read-yaml.ts'
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

/**
 * Whether a file is magnum-auto-healer's: at least one of its keys stands there in the spelling that only it has
 * (kebab-case, at the top or under `kubernetes` or `openstack`), and at the top nothing that only heald knows: no key
 * of heald's own in either spelling, and none in camelCase. What stands under `healthcheck` does not matter, so that a
 * check can be added to such a file without changing what the rest of it means. `compatibility` says it outright.
 *
 * `ours`: the top-level keys of heald, canonical.
 */
export function isMagnumFile(tree: Tree, ours: Iterable<string>): boolean {
  if (tree.kind !== 'map') return false
  const onlyOurs = new Set<string>()
  for (const key of ours) {
    if (!REFERENCE.has(key)) onlyOurs.add(key).add(kebab(key))
    else if (kebab(key) !== key) onlyOurs.add(key)
  }
  let sawOwnSpelling = false
  for (const { key, value } of tree.entries) {
    if (onlyOurs.has(key)) return false
    const name = key.toLowerCase()
    if (name.includes('-') && KEBAB_NAMES.has(name)) sawOwnSpelling = true
    const isBlock = name === 'kubernetes' || name === 'openstack'
    if (isBlock && value.kind === 'map' && value.entries.some((entry) => entry.key.includes('-'))) sawOwnSpelling = true
  }
  return sawOwnSpelling
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
