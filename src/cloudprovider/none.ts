import { z } from 'zod'
import { ProviderError } from '../core/ports/cloud-provider.ts'
import { defineProvider } from './contract/define.ts'

/** No cloud: heald watches and tells, and can repair nothing. */
export const none = defineProvider({
  schema: z.strictObject({}),
  create: () => ({
    name: 'none',
    locate: async () => ({ ambiguous: 'NoProvider' }),
    inspect: async (instance) => {
      throw new ProviderError('unsupported', 'none', `none: inspect ${instance.name}: no cloud provider is configured`)
    },
    plan: () => [],
    step: async () => ({ state: 'failed', reason: 'NoProvider', effect: 'none' }),
    recover: async () => ({ state: 'failed', reason: 'NoProvider', effect: 'none' }),
    abandon: async () => ({ state: 'done' }),
  }),
})
