/** A value as a Go template sees it: what may be done with it depends on its Go type. */
export type Value =
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'float64'; readonly value: number }
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'nil' }
  /** `map[string]string`. */
  | { readonly kind: 'map'; readonly entries: ReadonlyMap<string, string> }
  | { readonly kind: 'list'; readonly items: readonly Value[] }
  /** Fields in the order in which Go prints them. */
  | { readonly kind: 'struct'; readonly type: string; readonly fields: Readonly<Record<string, Value>> }

/** A template that can't be read, or that can't be carried out for these data. */
export class GoTemplateError extends Error {
  override readonly name = 'GoTemplateError'
}

export const NIL: Value = { kind: 'nil' }
export const string = (value: string): Value => ({ kind: 'string', value })
export const int = (value: number): Value => ({ kind: 'int', value })
export const bool = (value: boolean): Value => ({ kind: 'bool', value })
export const strings = (record: Readonly<Record<string, string>>): Value => ({
  kind: 'map',
  entries: new Map(Object.entries(record)),
})

export function isTrue(value: Value): boolean {
  switch (value.kind) {
    case 'nil':
      return false
    case 'struct':
      return true
    case 'map':
      return value.entries.size > 0
    case 'list':
      return value.items.length > 0
    case 'string':
      return value.value !== ''
    case 'bool':
      return value.value
    default:
      return value.value !== 0
  }
}

export function typeOf(value: Value): string {
  switch (value.kind) {
    case 'map':
      return 'map[string]string'
    case 'struct':
      return value.type
    case 'list':
      return `[]${value.items[0] === undefined ? 'any' : typeOf(value.items[0])}`
    case 'nil':
      return '<nil>'
    default:
      return value.kind
  }
}

/** Go ranges over maps and prints them in the order of their keys' bytes. */
export function sortedEntries(entries: ReadonlyMap<string, string>): readonly (readonly [string, string])[] {
  return [...entries].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
}

/** As `%v` prints it; by itself and inside of something else alike. */
export function show(value: Value): string {
  switch (value.kind) {
    case 'nil':
      return '<nil>'
    case 'map':
      return `map[${sortedEntries(value.entries)
        .map(([key, one]) => `${key}:${one}`)
        .join(' ')}]`
    case 'list':
      return `[${value.items.map(show).join(' ')}]`
    case 'struct':
      return `{${Object.values(value.fields).map(show).join(' ')}}`
    case 'float64':
      return showFloat(value.value)
    default:
      return String(value.value)
  }
}

/** The shortest digits that mean the number, with an exponent below 1e-4 and from 1e21 on. */
export function showFloat(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'
  const size = Math.abs(value)
  if (size === 0 || (size >= 1e-4 && size < 1e21)) return String(value)
  return goExponent(value.toExponential())
}

/** Go writes at least two digits of an exponent. */
export function goExponent(text: string): string {
  return text.replace(/e([+-])(\d)$/, 'e$10$2')
}
