import { z } from 'zod'
import { ownOptions } from '../contract/own-options.ts'

/** The `exec` block of the configuration. */
export const ExecOptions = z.strictObject({
  command: z.array(z.string()).min(1).describe('Program and arguments; no shell.'),
  env: z.record(z.string(), z.string()).prefault({}).describe('Its whole environment, apart from PATH.'),
  ...ownOptions,
})
export type ExecOptions = z.output<typeof ExecOptions>
