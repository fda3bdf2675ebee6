import type { ProviderDefinition } from './contract/define.ts'
import { docker } from './docker/index.ts'
import { exec } from './exec/index.ts'
import { module } from './module/index.ts'
import { none } from './none.ts'
import { openstack } from './openstack/index.ts'

/** Every cloud that can be named in the configuration. */
export const PROVIDERS: ReadonlyMap<string, ProviderDefinition> = new Map([
  ['docker', docker],
  ['exec', exec],
  ['module', module],
  ['none', none],
  ['openstack', openstack],
])
