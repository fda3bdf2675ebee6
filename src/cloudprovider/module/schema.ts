import { isAbsolute } from 'node:path'
import { z } from 'zod'
import { ownOptions } from '../contract/own-options.ts'

/** The `module` block of the configuration. */
export const ModuleOptions = z.strictObject({
  file: z
    .string()
    .refine(isAbsolute, { error: 'not an absolute path' })
    .describe('An ES module that exports createProvider.'),
  options: z.record(z.string(), z.unknown()).prefault({}).describe('What createProvider is called with.'),
  ...ownOptions,
})
export type ModuleOptions = z.output<typeof ModuleOptions>
