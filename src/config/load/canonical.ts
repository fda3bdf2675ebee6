import type { z } from 'zod'
import type { Entry, Place, Tree } from '../yaml/read-yaml.ts'
import type { Diagnostic } from './config-error.ts'
import { defaultOf, homesOf, itemSchema, kebab, type ObjectShape, objectShape, unwrap } from './schema-shape.ts'
import { isHiddenKey, showKey } from './secrets.ts'
import { isKebabFile } from './spelling.ts'
import { unknownKeys } from './unknown-key.ts'

/** One value of the file: where it stands, how its key was spelled, and whether it may be printed. */
export interface SourceRange {
  readonly at: Place
  /** `healthcheck.worker[0].params.unhealthy-duration` */
  readonly label: string
  readonly value: unknown
  readonly hidden: boolean
}

export interface Canonical {
  /** The file's content under canonical (camelCase) keys, without what was not understood. */
  readonly value: unknown
  /** By canonical path, see `pathKey`. */
  readonly ranges: ReadonlyMap<string, SourceRange>
  readonly problems: readonly Diagnostic[]
  /** Unknown keys, in lenient mode. */
  readonly warnings: readonly Diagnostic[]
  /** How the file spells its keys, mostly. */
  readonly isKebab: boolean
}

export interface CanonicalOptions {
  /** As magnum-auto-healer reads it: any case, unknown keys left out, "true" and "6443" taken for what is meant. */
  readonly lenient: boolean
  /** Top-level keys under which no value is printed and no unknown key is named unless it looks like a known one. */
  readonly opaque: ReadonlySet<string>
}

export function pathKey(path: readonly PropertyKey[]): string {
  return JSON.stringify(path.map(String))
}

/** Gives every key its canonical name, as far as the schema knows it, and remembers where everything stood. */
export function canonicalise(tree: Tree, schema: z.core.$ZodType, options: CanonicalOptions): Canonical {
  const spots = new Map<string, SourceRange>()
  const problems: Diagnostic[] = []
  const warnings: Diagnostic[] = []
  const isKebab = isKebabFile(tree)
  let homes: ReadonlyMap<string, readonly string[]> | undefined

  interface Context {
    readonly path: readonly string[]
    readonly label: string
    readonly at: Place
    readonly hidden: boolean
    readonly opaque: boolean
  }

  const visit = (node: Tree, expected: z.core.$ZodType | undefined, context: Context): unknown => {
    const value = convert(node, expected, context)
    spots.set(pathKey(context.path), { at: context.at, label: context.label, value, hidden: context.hidden })
    return value
  }

  const convert = (node: Tree, expected: z.core.$ZodType | undefined, context: Context): unknown => {
    if (node.kind === 'map') return mapping(node.entries, expected, context)
    const item = expected === undefined ? undefined : itemSchema(expected)
    if (node.kind === 'list') return node.items.map((child, index) => visit(child, item, at(context, index, child.at)))
    if (!options.lenient || expected === undefined) return node.value
    if (item !== undefined && node.value !== null) return [coerce(node.value, node.source, item)]
    return coerce(node.value, node.source, expected)
  }

  const mapping = (entries: readonly Entry[], expected: z.core.$ZodType | undefined, context: Context): object => {
    const result: Record<string, unknown> = {}
    const shape =
      expected === undefined ? undefined : objectShape(expected, (key) => plain(entries, key, options.lenient))
    const spelled = new Map<string, string>()
    const strangers: Entry[] = []
    for (const entry of entries) {
      const key = shape === undefined ? entry.key : canonicalKey(entry.key, shape, options.lenient)
      if (key === undefined) {
        strangers.push(entry)
        continue
      }
      const earlier = spelled.get(key)
      const isKnown = shape?.keys.has(key) ?? false
      const child = below(context, key, entry, isKnown)
      if (earlier !== undefined) {
        const message =
          earlier === entry.key
            ? 'stands here twice; keep one'
            : `means the same as ${isKnown ? earlier : showKey(earlier)}; keep one of the two`
        problems.push({ at: entry.at, key: child.label, message })
        continue
      }
      spelled.set(key, entry.key)
      const value = visit(entry.value, shape?.keys.get(key) ?? shape?.others, child)
      // `key:` with nothing behind it, as left over when what was below is commented out.
      if (value === null) empty(child, shape?.keys.get(key))
      else Object.defineProperty(result, key, { value, enumerable: true, writable: true, configurable: true })
    }
    if (strangers.length > 0) unknown(strangers, shape?.keys.keys() ?? [], context)
    return result
  }

  const below = (context: Context, key: string, entry: Entry, isKnown: boolean): Context => {
    const opaque = context.opaque || (context.path.length === 0 && options.opaque.has(key))
    const path = [...context.path, key]
    const name = isKnown ? entry.key : showKey(entry.key)
    const label = context.label === '' ? name : `${context.label}.${name}`
    return { path, label, at: entry.at, opaque, hidden: context.hidden || opaque || isHiddenKey(key) }
  }
  const at = (context: Context, index: number, place: Place): Context => {
    return { ...context, path: [...context.path, String(index)], label: `${context.label}[${index}]`, at: place }
  }

  const empty = ({ at: place, label }: Context, expected: z.core.$ZodType | undefined): void => {
    if (expected === undefined || objectShape(expected, () => undefined) !== undefined) return
    if (itemSchema(expected) !== undefined) return
    const preset = defaultOf(expected)
    const counts = preset === undefined ? 'it counts as left out' : `its default ${String(preset)} counts`
    warnings.push({
      at: place,
      key: label,
      message: `nothing stands behind it, so ${counts}; write a value, or remove it`,
    })
  }

  const unknown = (entries: readonly Entry[], known: Iterable<string>, { path, label, opaque }: Context): void => {
    const { lenient } = options
    homes ??= homesOf(schema)
    const remarks = unknownKeys(entries, { path, label, opaque, known: [...known], lenient, isKebab, homes })
    ;(lenient ? warnings : problems).push(...remarks)
  }

  const root: Context = { path: [], label: '', at: tree.at, hidden: false, opaque: false }
  const value = visit(tree, schema, root)
  return { value, ranges: spots, problems, warnings, isKebab }
}

/** The canonical name of a key; undefined when the shape does not know it. */
export function canonicalKey(key: string, shape: ObjectShape, lenient: boolean): string | undefined {
  if (shape.keys.has(key)) return key
  const wanted = lenient ? key.toLowerCase() : key
  for (const known of shape.keys.keys()) {
    if (kebab(known) === wanted || (lenient && known.toLowerCase() === wanted)) return known
  }
  return shape.others === undefined ? undefined : key
}

function plain(entries: readonly Entry[], key: string, lenient: boolean): unknown {
  const matches = (entry: Entry): boolean =>
    entry.key === key || entry.key === kebab(key) || (lenient && entry.key.toLowerCase() === kebab(key))
  const value = entries.find(matches)?.value
  return value?.kind === 'scalar' ? value.value : undefined
}

function coerce(value: unknown, source: string, expected: z.core.$ZodType): unknown {
  const type = unwrap(expected)._zod.def.type
  if (type === 'boolean') {
    if (value === 1 || (typeof value === 'string' && /^(1|t|true)$/i.test(value))) return true
    if (value === 0 || (typeof value === 'string' && /^(0|f|false)$/i.test(value))) return false
  }
  if (type === 'number' && typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value)) return Number(value)
  // The unquoted id 12345678 is a number to YAML and a name to its author. A duration stays one: 30 would be 30 ns there.
  const isScalar = typeof value === 'number' || typeof value === 'boolean'
  return type === 'string' && isScalar && !isTransformed(expected) ? source : value
}

function isTransformed(schema: z.core.$ZodType): boolean {
  const def = (schema as z.core.$ZodTypes)._zod.def
  if (def.type === 'pipe') return true
  return 'innerType' in def && isTransformed(def.innerType)
}
