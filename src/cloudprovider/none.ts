import { z } from 'zod'
import { NO_CLOUD } from '../core/model/instance.ts'
import { ProviderError } from '../core/ports/cloud-provider.ts'
import { defineProvider } from './contract/define.ts'

/** No cloud: heald watches and tells, and can repair nothing. */
export const none = defineProvider({
  schema: z.strictObject({}),
  create: () => ({
    name: 'none',
    locate: async () => NO_CLOUD,
    inspect: async (instance) => {
      throw new ProviderError('unsupported', 'none', `none: inspect ${instance.name}: no cloud provider is configured`)
    },
    plan: () => [],
    cursor: z.object({ at: z.string() }),
    names: [],
    settleMs: 0,
    lateMs: 0,
    rungs: {},
  }),
})
