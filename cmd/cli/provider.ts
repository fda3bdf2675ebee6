import { parse } from 'yaml'
import type { ProviderDeps } from '../../src/cloudprovider/contract/define.ts'
import { PROVIDERS } from '../../src/cloudprovider/registry.ts'
import type { Config } from '../../src/config/schema/schema.ts'
import type { CloudProvider } from '../../src/core/ports/cloud-provider.ts'
import { EXIT, ExitError } from './exit.ts'

/** The configured cloud, without a guard. */
export function createProvider(
  config: Config,
  { clock, log, ...seen }: Pick<ProviderDeps, 'clock' | 'log' | 'ownNode' | 'nodes'>,
): CloudProvider {
  const definition = PROVIDERS.get(config.cloudProvider)
  if (definition !== undefined) {
    const { clusterName } = config
    const deps = {
      clock,
      log,
      ...seen,
      clusterName,
      env: process.env,
      parseYaml: (text: string): unknown => parse(text, { schema: 'failsafe', merge: true }),
    }
    return definition.create(config.providerOptions[config.cloudProvider] ?? {}, deps)
  }
  const known = [...PROVIDERS.keys()].join(', ')
  throw new ExitError(
    EXIT.usage,
    `heald run: cloudProvider ${config.cloudProvider} is not built in; known are ${known}`,
  )
}
