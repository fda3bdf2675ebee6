import { z } from 'zod'
import { duration } from '../../lib/schema/duration.ts'

/** What a program and a module have in common in the configuration. */
export const ownOptions = {
  also: z
    .array(z.enum(['members', 'capture']))
    .prefault([])
    .describe('Calls that it answers beside locate, inspect, look and perform.'),
  scheme: z
    .string()
    .regex(/^[a-z][a-z0-9+.-]*$/, { error: 'expected the beginning of providerIDs without ://, such as acme' })
    .optional()
    .describe('How the providerIDs of its Nodes begin: a Node with another one is none of its own.'),
  timeout: duration({ min: '100ms', max: '9s' })
    .prefault('3s')
    .describe('How long one call may take. One step of a rung makes up to three calls, and has 10s for them all.'),
  settle: duration({ max: '1m' })
    .prefault('1s')
    .describe('How long after an accepted request there is nothing new to see yet.'),
  late: duration({ max: '1h' })
    .prefault('30s')
    .describe(
      'How long a first request that nobody answered may still take effect; until then nobody calls it unsent.',
    ),
}

export type OwnOptions = z.output<z.ZodObject<typeof ownOptions>>
