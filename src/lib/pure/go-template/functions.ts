import { compare, isEqual } from './comparison.ts'
import { print, printf } from './printf.ts'
import { bool, GoTemplateError, int, isTrue, NIL, string, typeOf, type Value } from './value.ts'

type GoFunction = (args: readonly Value[]) => Value

const HTML: Readonly<Record<string, string>> = {
  ...{ '"': '&#34;', "'": '&#39;', '&': '&amp;', '<': '&lt;', '>': '&gt;', '\0': '\uFFFD' },
}

/** They do not evaluate all of their arguments: execute.ts. */
export const LAZY: ReadonlySet<string> = new Set(['and', 'or'])

/** Go's own, beside those. */
export const FUNCTIONS: ReadonlyMap<string, GoFunction> = new Map<string, GoFunction>([
  ['not', ([value, ...more]) => bool(!isTrue(needOnly('not', value, more)))],
  ['len', ([value, ...more]) => int(lengthOf(needOnly('len', value, more)))],
  ['index', (args) => index(args)],
  ['slice', (args) => slice(args)],
  ['call', ([value]) => fail(`call of ${value === undefined ? 'nothing' : typeOf(value)}, which is no function`)],
  ['print', (args) => string(print(args))],
  ['println', (args) => string(`${args.map((arg) => print([arg])).join(' ')}\n`)],
  ['printf', ([format, ...args]) => string(printf(textOf('printf', format), args))],
  ['html', (args) => string(print(args).replace(/["'&<>\0]/g, (sign) => HTML[sign] ?? sign))],
  ['js', (args) => string(escapeJs(print(args)))],
  ['urlquery', (args) => string(escapeQuery(print(args)))],
  ['eq', ([first, ...others]) => bool(equalsAny(first, others))],
  ['ne', (args) => two('ne', args, (a, b) => !isEqual(a, b))],
  ['lt', (args) => two('lt', args, (a, b) => compare(a, b) < 0)],
  ['le', (args) => two('le', args, (a, b) => compare(a, b) <= 0)],
  ['gt', (args) => two('gt', args, (a, b) => compare(a, b) > 0)],
  ['ge', (args) => two('ge', args, (a, b) => compare(a, b) >= 0)],
])

function fail(message: string): never {
  throw new GoTemplateError(message)
}

function needOnly(name: string, value: Value | undefined, more: readonly Value[]): Value {
  if (value === undefined || more.length > 0) fail(`${name} takes 1 argument`)
  return value
}

function two(name: string, args: readonly Value[], judge: (a: Value, b: Value) => boolean): Value {
  const [a, b, ...more] = args
  if (a === undefined || b === undefined || more.length > 0) fail(`${name} takes 2 arguments`)
  return bool(judge(a, b))
}

function equalsAny(first: Value | undefined, others: readonly Value[]): boolean {
  if (first === undefined || others.length === 0) fail('eq takes at least 2 arguments')
  return others.some((other) => isEqual(first, other))
}

function textOf(name: string, value: Value | undefined): string {
  if (value?.kind !== 'string') fail(`${name} needs a format`)
  return value.value
}

/** In bytes. */
function lengthOf(value: Value): number {
  if (value.kind === 'string') return Buffer.byteLength(value.value)
  if (value.kind === 'map') return value.entries.size
  if (value.kind === 'list') return value.items.length
  return fail(`len of type ${typeOf(value)}`)
}

function index([value, ...keys]: readonly Value[]): Value {
  if (value === undefined) return fail('index takes at least 1 argument')
  let found = value
  for (const key of keys) {
    if (found.kind === 'map') {
      if (key.kind !== 'string') fail(`a key of ${typeOf(found)} is a string, not ${typeOf(key)}`)
      found = string(found.entries.get(key.value) ?? '')
    } else if (found.kind === 'list') {
      found = found.items[place('index', key, found.items.length - 1)] ?? NIL
    } else if (found.kind === 'string') {
      const bytes = Buffer.from(found.value)
      found = int(bytes[place('index', key, bytes.length - 1)] ?? 0)
    } else return fail(`${typeOf(found)} can't be indexed`)
  }
  return found
}

function place(name: string, key: Value | undefined, most: number, least = 0): number {
  if (key?.kind !== 'int') return fail(`${name} needs a whole number`)
  if (key.value < least || key.value > most) return fail(`${name}: ${key.value} is out of range`)
  return key.value
}

/** Counts bytes. */
function slice([value, ...bounds]: readonly Value[]): Value {
  if (value?.kind !== 'string' && value?.kind !== 'list') return fail('slice needs a string or a list')
  if (bounds.length > (value.kind === 'string' ? 2 : 3)) return fail('slice has too many arguments')
  const size = lengthOf(value)
  const from = bounds[0] === undefined ? 0 : place('slice', bounds[0], size)
  const to = bounds[1] === undefined ? size : place('slice', bounds[1], size, from)
  if (bounds[2] !== undefined) place('slice', bounds[2], size, to)
  if (value.kind === 'list') return { kind: 'list', items: value.items.slice(from, to) }
  return string(Buffer.from(value.value).subarray(from, to).toString())
}

function escapeJs(text: string): string {
  return text.replace(/[\\'"<>&=\p{C}]/gu, (sign) => {
    if (sign === '\\' || sign === "'" || sign === '"') return `\\${sign}`
    return `\\u${(sign.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
  })
}

function escapeQuery(text: string): string {
  const percent = (sign: string): string =>
    [...Buffer.from(sign)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('')
  return text.replace(/[^\w.~ -]/gu, percent).replaceAll(' ', '+')
}
