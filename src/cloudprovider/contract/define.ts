import type { z } from 'zod'
import type { NodeFacts } from '../../core/model/node.ts'
import type { Clock } from '../../core/ports/clock.ts'
import type { CloudProvider } from '../../core/ports/cloud-provider.ts'
import type { Log } from '../../core/ports/log.ts'
import { type CursorBase, type Rungs, type Steps, stepsOf } from './sequence.ts'

export interface ProviderDeps {
  readonly clock: Clock
  readonly log: Log
  /** The cluster, by the name or id that its cloud knows. */
  readonly clusterName?: string | undefined
  /** The Node that heald runs on; undefined outside a cluster. */
  readonly ownNode?: string | undefined
  /** All Nodes that heald sees at the moment. */
  readonly nodes?: () => Iterable<NodeFacts>
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Scalars stay texts: the unquoted id 123e4 is no number. */
  readonly parseYaml?: (text: string) => unknown
}

/** A file that a cloud runs or loads on heald's own machine, and what of its environment the configuration says. */
export interface Program {
  readonly file: string
  readonly env?: Readonly<Record<string, string>>
}

/** A cloud that can be configured: its options block, and how to make a provider of it. */
export interface ProviderDefinition {
  readonly schema: z.ZodType
  /** What of heald's own disk it would run or load; undefined: nothing, or `options` do not fit. */
  program(options: unknown): Program | undefined
  /** `options` as written by the user; throws a ZodError when the schema refuses it. */
  create(options: unknown, deps: ProviderDeps): CloudProvider
}

/** What a cloud itself brings: how to look at machines, and its rungs as data. */
export type Cloud<C extends CursorBase> = Omit<CloudProvider, keyof Steps> & Omit<Rungs<C>, 'cloud' | 'clock'>

export function defineProvider<S extends z.ZodType, C extends CursorBase>(definition: {
  readonly schema: S
  program?(options: z.output<S>): Program
  create(options: z.output<S>, deps: ProviderDeps): Cloud<C>
}): ProviderDefinition {
  return {
    schema: definition.schema,
    program(options) {
      const parsed = definition.schema.safeParse(options)
      return parsed.success ? definition.program?.(parsed.data) : undefined
    },
    create(options, deps) {
      const { cursor, names, settleMs, lateMs, rungs, ...looks } = definition.create(
        definition.schema.parse(options),
        deps,
      )
      return { ...looks, ...stepsOf({ cloud: looks.name, cursor, names, settleMs, lateMs, clock: deps.clock, rungs }) }
    },
  }
}
