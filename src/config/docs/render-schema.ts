import { z } from 'zod'
import { configSchema, type OptionSchemas } from '../schema/schema.ts'

/** JSON Schema as far as zod makes it here. */
export interface JsonSchema {
  readonly type?: string
  readonly description?: string
  readonly default?: unknown
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly items?: JsonSchema
  readonly oneOf?: readonly JsonSchema[]
  readonly anyOf?: readonly JsonSchema[]
}

/** What a file may hold, before defaults and transforms. */
export function configJsonSchema(options: OptionSchemas): JsonSchema {
  return z.toJSONSchema(configSchema(options, false), { io: 'input', unrepresentable: 'any' }) as JsonSchema
}

/** The text of schema/config.schema.json, for editors: `# yaml-language-server: $schema=...` at the top of a file. */
export function renderConfigSchema(options: OptionSchemas): string {
  const { $schema, ...rest } = configJsonSchema(options) as JsonSchema & { readonly $schema?: string }
  const title = 'Configuration of heald. Keys may be written in kebab-case too.'
  return `${JSON.stringify({ $schema, title, ...rest }, null, 2)}\n`
}
