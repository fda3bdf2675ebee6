import type { z } from 'zod'

type Schema = z.core.$ZodTypes

/** A schema without its wrappers (optional, default, refinements, transforms): what the file is expected to hold. */
export function unwrap(schema: z.core.$ZodType): Schema {
  // Every instance is one of these; zod's own traversals cast in the same way.
  const known = schema as Schema
  const def = known._zod.def
  switch (def.type) {
    case 'optional':
    case 'nullable':
    case 'default':
    case 'prefault':
    case 'nonoptional':
    case 'readonly':
    case 'catch':
      return unwrap(def.innerType)
    case 'pipe':
      return unwrap(unwrap(def.in)._zod.def.type === 'transform' ? def.out : def.in)
    case 'lazy':
      return unwrap(def.getter())
    default:
      return known
  }
}

/** What a plain value is when it is left out, as the file would have it; undefined: nothing. */
export function defaultOf(schema: z.core.$ZodType): unknown {
  const def = (schema as Schema)._zod.def
  if (def.type === 'default' || def.type === 'prefault') return def.defaultValue
  return 'innerType' in def ? defaultOf(def.innerType) : undefined
}

export interface ObjectShape {
  readonly keys: ReadonlyMap<string, z.core.$ZodType>
  /** Set: other keys are welcome too. */
  readonly others: z.core.$ZodType | undefined
}

/** What keys a mapping may have there; undefined when the schema does not say. `read` gives a key's plain value, for tagged unions. */
export function objectShape(schema: z.core.$ZodType, read: (key: string) => unknown): ObjectShape | undefined {
  const inner = unwrap(schema)
  const def = inner._zod.def
  if (def.type === 'object') {
    const others =
      def.catchall !== undefined && unwrap(def.catchall)._zod.def.type !== 'never' ? def.catchall : undefined
    return { keys: new Map(Object.entries(def.shape)), others }
  }
  if (def.type === 'record') return { keys: new Map(), others: def.valueType }
  if (def.type === 'union') return unionShape(def, read)
  if (def.type === 'intersection') {
    const left = objectShape(def.left, read)
    const right = objectShape(def.right, read)
    if (left === undefined || right === undefined) return undefined
    return { keys: new Map([...left.keys, ...right.keys]), others: left.others ?? right.others }
  }
  return undefined
}

function unionShape(def: z.core.$ZodUnionDef, read: (key: string) => unknown): ObjectShape | undefined {
  const shapes = def.options.map((option) => objectShape(option, read)).filter((shape) => shape !== undefined)
  const tag = 'discriminator' in def && typeof def.discriminator === 'string' ? def.discriminator : undefined
  if (tag === undefined) return shapes[0]
  const wanted = read(tag)
  return shapes.find((shape) => {
    const tagSchema = shape.keys.get(tag)
    return tagSchema?._zod.values?.has(wanted as z.core.util.Primitive) ?? false
  })
}

/** Where each key belongs, by every spelling: the only mapping that knows it, or the top. Deep and unclear ones are left out. */
export function homesOf(root: z.core.$ZodType): ReadonlyMap<string, readonly string[]> {
  const homes = new Map<string, readonly string[] | undefined>()
  const visit = (schema: z.core.$ZodType, path: readonly string[]): void => {
    for (const [name, child] of objectShape(schema, () => undefined)?.keys ?? []) {
      const home = [...path, name]
      for (const spelling of new Set([name, kebab(name)])) {
        if (homes.get(spelling)?.length !== 1)
          homes.set(spelling, homes.has(spelling) && path.length > 0 ? undefined : home)
      }
      if (path.length < 2) visit(child, home)
    }
  }
  visit(root, [])
  return new Map([...homes].flatMap(([key, home]) => (home === undefined ? [] : [[key, home] as const])))
}

export function itemSchema(schema: z.core.$ZodType): z.core.$ZodType | undefined {
  const inner = unwrap(schema)
  const def = inner._zod.def
  if (def.type === 'array') return def.element
  if (def.type !== 'union') return undefined
  for (const option of def.options) {
    const item = itemSchema(option)
    if (item !== undefined) return item
  }
  return undefined
}

/** `clusterName` → `cluster-name`, `caFile` → `ca-file`, `systemUUID` → `system-uuid`. */
export function kebab(key: string): string {
  return key
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1-$2')
    .toLowerCase()
}
