import { z } from 'zod'
import type { OptionSchemas } from '../../src/config/schema/schema.ts'
import { endpoint } from '../../src/healthcheck/endpoint/endpoint.ts'
import { nodeCondition } from '../../src/healthcheck/node-condition.ts'
import { duration } from '../../src/lib/schema/duration.ts'

/** Two real plugins, and a cloud of a few keys. */
export const options: OptionSchemas = {
  plugins: new Map([
    ['NodeCondition', nodeCondition.options],
    ['Endpoint', endpoint.options],
  ]),
  providers: {
    docker: z.strictObject({
      socket: z.string().default('/var/run/docker.sock'),
      stopTimeout: duration().optional(),
    }),
  },
}
