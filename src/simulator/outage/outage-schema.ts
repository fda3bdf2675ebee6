import { z } from 'zod'
import { Outage } from './outage.ts'

/** The text of schema/outage.schema.json, for editors: `# yaml-language-server: $schema=...` at the top of a scenario. */
export function renderOutageSchema(): string {
  const { $schema, ...rest } = z.toJSONSchema(Outage, { io: 'input', unrepresentable: 'any' })
  const title = 'An outage for `heald simulate`.'
  return `${JSON.stringify({ $schema, ...rest, title }, null, 2)}\n`
}
