import type { Role } from '../../core/model/primitives.ts'
import type { Config } from '../schema/schema.ts'
import { type Canonical, pathKey } from './canonical.ts'
import type { Diagnostic } from './config-error.ts'
import { spell } from './spelling.ts'

const START = { line: 1, col: 1 }
const ROLES: readonly Role[] = ['master', 'worker']

/** By what a usable configuration does less than its author may think: each with what would be right. */
export function idleSettings(config: Config, canonical: Canonical, clouds: readonly string[]): readonly Diagnostic[] {
  return [
    ...unusedBlocks(config, canonical, clouds),
    ...namelessCluster(config, canonical),
    ...rolesWithoutChecks(config, canonical),
  ]
}

function unusedBlocks(config: Config, canonical: Canonical, clouds: readonly string[]): readonly Diagnostic[] {
  const { cloudProvider, dryRun } = config
  const unused = clouds.filter((name) => name !== cloudProvider && isWritten(canonical, [name]))
  const chosen = isWritten(canonical, ['cloudProvider'])
    ? `cloudProvider is ${cloudProvider}`
    : `cloudProvider is ${cloudProvider} by default`
  if (unused.length > 0) {
    return unused.map((name) => {
      return remark(canonical, [name], `has no effect, as ${chosen}; set cloudProvider: ${name}, or remove this block`)
    })
  }
  if (cloudProvider !== 'none' || dryRun) return []
  const message = `no cloud is configured, so nothing is ever repaired; set cloudProvider (${clouds.join(', ')}), or say so with dryRun: true`
  return [remark(canonical, ['cloudProvider'], message)]
}

/** OpenStack has many clusters, and Magnum is asked for one. */
function namelessCluster(config: Config, canonical: Canonical): readonly Diagnostic[] {
  const { cloudProvider, clusterName = '' } = config
  const names = [clusterName, canonical.ranges.get(pathKey([cloudProvider, 'clusterName']))?.value]
  if (cloudProvider !== 'openstack' || names.some((name) => typeof name === 'string' && name.trim() !== '')) return []
  return [
    remark(canonical, ['clusterName'], 'is missing, so no machine is ever found; set the uuid of the Magnum cluster'),
  ]
}

function rolesWithoutChecks(config: Config, canonical: Canonical): readonly Diagnostic[] {
  const idle = ROLES.filter((role) => config[`${role}MonitorEnabled`] && config.healthcheck[role].length === 0)
  const say = (path: readonly string[], nodes: string, off: string): Diagnostic => {
    const message = `no check, so no ${nodes} is ever found unhealthy; add "- type: NodeCondition", or set ${off}`
    return remark(canonical, path, message)
  }
  const isSplit = idle.some((role) => isWritten(canonical, ['healthcheck', role]))
  if (idle.length === 2 && !isSplit) {
    return [say(['healthcheck'], 'node', 'masterMonitorEnabled: false and workerMonitorEnabled: false')]
  }
  return idle.map((role) => say(['healthcheck', role], role, `${role}MonitorEnabled: false`))
}

function isWritten({ ranges }: Canonical, path: readonly string[]): boolean {
  const value = ranges.get(pathKey(path))?.value
  return value !== undefined && value !== null
}

/** At what stands there, else at what it is missing from. */
function remark({ ranges, isKebab }: Canonical, path: readonly string[], message: string): Diagnostic {
  const range = ranges.get(pathKey(path))
  const above = ranges.get(pathKey(path.slice(0, -1)))
  return {
    at: range?.at ?? (path.length > 1 ? above?.at : undefined) ?? START,
    key: range?.label ?? spell(path.join('.'), isKebab),
    message: spell(message, isKebab),
    ...(range === undefined ? { missing: path } : {}),
  }
}
