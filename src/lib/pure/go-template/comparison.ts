import { GoTemplateError, typeOf, type Value } from './value.ts'

type Basic = Extract<Value, { readonly kind: 'string' | 'int' | 'float64' | 'bool' }>

/** Go compares what is of one type only: 1 and 1.0 are not. */
export function isEqual(a: Value, b: Value): boolean {
  if (a.kind === 'nil' || b.kind === 'nil') return a.kind === b.kind
  const [left, right] = basic(a, b)
  return left.value === right.value
}

/** Below 0: `a` comes first. Strings by their bytes. */
export function compare(a: Value, b: Value): number {
  const [left, right] = basic(a, b)
  if (left.kind === 'bool') throw new GoTemplateError('bool has no order')
  if (left.kind === 'string') return Buffer.compare(Buffer.from(left.value), Buffer.from(String(right.value)))
  return Number(left.value) - Number(right.value)
}

function basic(a: Value, b: Value): readonly [Basic, Basic] {
  if (!isBasic(a) || !isBasic(b)) throw new GoTemplateError(`${typeOf(isBasic(a) ? b : a)} can't be compared`)
  if (a.kind !== b.kind) throw new GoTemplateError(`${a.kind} and ${b.kind} can't be compared`)
  return [a, b]
}

function isBasic(value: Value): value is Basic {
  return value.kind === 'string' || value.kind === 'int' || value.kind === 'float64' || value.kind === 'bool'
}
