import { z } from 'zod'
import type { Role } from '../../core/model/primitives.ts'

const name = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9 _.#-]{0,62}$/, {
    error: 'expected 1 to 63 letters, digits, spaces or any of _ . # -, starting with a letter or digit',
  })
  .optional()
  .describe('How the check is called in logs, metrics and explanations; default: its type, numbered when used twice.')

export function checksSchema(role: Role, plugins: ReadonlyMap<string, z.ZodType>, compat: boolean) {
  const variants = [...plugins].map(([type, plugin]) =>
    z.strictObject({
      type: z.literal(type).describe('The plugin.'),
      name,
      params: (compat ? asReferenceCounts(plugin) : plugin).prefault({}).describe(`What ${type} looks at.`),
    }),
  )
  const [first, ...rest] = variants
  const params = z.record(z.string(), z.unknown()).prefault({}).describe('What the check looks at.')
  const any = z.strictObject({ type: z.string().describe('The plugin.'), name, params })
  const item: z.ZodType<CheckInput> =
    first === undefined ? any : (z.discriminatedUnion('type', [first, ...rest]) as unknown as z.ZodType<CheckInput>)
  // magnum-auto-healer checks nothing unless told to; heald itself looks at what the kubelet says of itself.
  const preset = compat || !plugins.has('NodeCondition') ? [] : [{ type: 'NodeCondition' }]
  return z
    .array(item)
    .max(50)
    .prefault(preset as CheckInput[])
    .describe(`The checks of every ${role}; one that fails long enough makes the node unhealthy.`)
}

/** magnum-auto-healer takes the first pass for health, and counts no changes. */
const REFERENCE_DEFAULTS = { healthyDuration: '0s', flapping: { changes: 0 } }

function asReferenceCounts(plugin: z.ZodType): z.ZodType {
  const known = Object.entries(REFERENCE_DEFAULTS).filter(
    ([key]) => plugin instanceof z.ZodObject && key in plugin.shape,
  )
  const fill = (params: unknown): unknown =>
    typeof params === 'object' && params !== null ? { ...Object.fromEntries(known), ...params } : params
  return z.preprocess(fill, plugin)
}

interface CheckInput {
  readonly type: string
  readonly name?: string | undefined
  readonly params: unknown
}
