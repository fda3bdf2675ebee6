import type { z } from 'zod'
import type { Role } from '../core/model/primitives.ts'
import type { HealthCheck } from '../core/ports/health-check.ts'
import { endpoint } from './endpoint/endpoint.ts'
import { exec } from './exec/exec.ts'
import { module } from './module/module.ts'
import { nodeCondition } from './node-condition.ts'
import { nodeLease } from './node-lease.ts'
import type { Plugin, PluginDeps } from './plugin/plugin.ts'

export const plugins: ReadonlyMap<string, Plugin> = new Map(
  [endpoint, nodeCondition, nodeLease, exec, module].map((plugin) => [plugin.type, plugin]),
)

/** By type: what `params` may hold. Parsing their output again changes nothing. */
export const pluginSchemas: ReadonlyMap<string, z.ZodType> = new Map(
  [...plugins].map(([type, plugin]) => [type, plugin.options]),
)

/** Whether a check of this type asks for what it finds. What the others find follows from Node and heartbeat alone. */
export function asks({ type }: { readonly type: string }): boolean {
  return plugins.get(type)?.kind !== 'judge'
}

export interface CheckConfig {
  readonly type: string
  /** Unique within the role. */
  readonly name?: string | undefined
  /** camelCase keys. */
  readonly params?: unknown
}

/** The checks of one role. Without a name of its own the second of a type is `Type#2`. Throws on an unknown type or parameters that don't fit. */
export function createChecks(role: Role, configs: readonly CheckConfig[], deps: PluginDeps): readonly HealthCheck[] {
  const count = new Map<string, number>()
  return configs.map(({ type, name, params }) => {
    const plugin = plugins.get(type)
    if (plugin === undefined) {
      throw new TypeError(`healthcheck: ${role}: unknown type ${type}; known are ${[...plugins.keys()].join(', ')}`)
    }
    const nth = (count.get(type) ?? 0) + 1
    count.set(type, nth)
    return plugin.create(name ?? (nth === 1 ? type : `${type}#${nth}`), params, deps)
  })
}
