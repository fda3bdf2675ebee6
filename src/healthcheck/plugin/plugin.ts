import { z } from 'zod'
import type { FlappingRule } from '../../core/model/finding.ts'
import type { Millis } from '../../core/model/primitives.ts'
import type { Clock } from '../../core/ports/clock.ts'
import type { HealthCheck } from '../../core/ports/health-check.ts'
import type { Log } from '../../core/ports/log.ts'
import { toMs } from '../../lib/schema/duration.ts'
import type { CommonOptions } from './params.ts'

/** What a plugin may use of the world besides its own I/O. */
export interface PluginDeps {
  readonly clock: Clock
  readonly log: Log
  /** The pod's own service account token, read anew each time; undefined outside a cluster. */
  readonly token?: () => Promise<string>
  /** What the cluster's certificates are signed by, PEM, read anew each time; undefined where it is not known. */
  readonly clusterCA?: () => Promise<string | undefined>
}

/** What the contract asks of every check and the plugin does not choose. */
export interface PluginBase {
  readonly name: string
  readonly type: string
  readonly unhealthyDurationMs: Millis
  readonly healthyDurationMs: Millis
  readonly flapping: FlappingRule | undefined
}

/** A file that a check runs or loads, and what of its environment the configuration says. */
export interface Program {
  readonly file: string
  readonly env?: Readonly<Record<string, string>>
}

export interface PluginDefinition<O extends CommonOptions> {
  readonly type: string
  readonly kind: HealthCheck['kind']
  /** A strict object with `commonParams` in it and without transforms. */
  readonly options: z.ZodType<O>
  /** What of heald's own disk it would run or load. */
  program?(options: O): Program
  /** No I/O here: a file that is missing now may be there at the first look. */
  create(base: PluginBase, options: O, deps: PluginDeps): HealthCheck
}

/** A definition whose option type is its own business. */
export interface Plugin {
  readonly type: string
  readonly kind: HealthCheck['kind']
  readonly options: z.ZodType
  /** As in PluginDefinition; undefined: it runs nothing, or `params` do not fit. */
  program(params: unknown): Program | undefined
  /** Throws when `params` do not fit `options`. */
  create(name: string, params: unknown, deps: PluginDeps): HealthCheck
}

/**
 * A health check plugin. It promises: `unknown` whenever it could not look, `fail` only for answers from the node's side of
 * the wire, no throw for a node however absurd, an end within its timeout, and no secret in a reason, message or log.
 */
export function definePlugin<O extends CommonOptions>(definition: PluginDefinition<O>): Plugin {
  const { type, kind, options } = definition
  return {
    type,
    kind,
    options,
    program(params) {
      const parsed = options.safeParse(params ?? {})
      return parsed.success ? definition.program?.(parsed.data) : undefined
    },
    create(name, params, deps) {
      const parsed = options.safeParse(params ?? {})
      if (!parsed.success) throw new TypeError(`healthcheck: ${name}: ${z.prettifyError(parsed.error)}`)
      const { changes, window } = parsed.data.flapping
      const base: PluginBase = {
        name,
        type,
        unhealthyDurationMs: toMs(parsed.data.unhealthyDuration),
        healthyDurationMs: toMs(parsed.data.healthyDuration),
        flapping: changes === 0 ? undefined : { changes, windowMs: toMs(window) },
      }
      return definition.create(base, parsed.data, deps)
    },
  }
}
