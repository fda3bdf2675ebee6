import type { z } from 'zod'
import type { Clock } from '../../core/ports/clock.ts'
import type { CloudProvider } from '../../core/ports/cloud-provider.ts'
import type { Log } from '../../core/ports/log.ts'

export interface ProviderDeps {
  readonly clock: Clock
  readonly log: Log
  /** The cluster, by the name or id that its cloud knows. */
  readonly clusterName?: string | undefined
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Scalars stay texts: the unquoted id 123e4 is no number. */
  readonly parseYaml?: (text: string) => unknown
}

/** A cloud that can be configured: its options block, and how to make a provider of it. */
export interface ProviderDefinition {
  readonly schema: z.ZodType
  /** `options` as written by the user; throws a ZodError when the schema refuses it. */
  create(options: unknown, deps: ProviderDeps): CloudProvider
}

export function defineProvider<S extends z.ZodType>(definition: {
  readonly schema: S
  create(options: z.output<S>, deps: ProviderDeps): CloudProvider
}): ProviderDefinition {
  return {
    schema: definition.schema,
    create: (options, deps) => definition.create(definition.schema.parse(options), deps),
  }
}
