import { GoTemplateError, goExponent, show, typeOf, type Value } from './value.ts'

/** In signs. */
const WIDEST = 65_536
const VERB = /%([-+# 0]*)(\d+|\*)?(?:\.(\d+|\*)?)?([\s\S])?/gu

interface Style {
  readonly flags: string
  readonly width: number
  /** Undefined: none is given. */
  readonly precision: number | undefined
}

/** With a space between two of which neither is a string. */
export function print(args: readonly Value[]): string {
  return args.reduce((text, arg, at) => {
    const before = args[at - 1]
    const apart = before !== undefined && before.kind !== 'string' && arg.kind !== 'string'
    return `${text}${apart ? ' ' : ''}${show(arg)}`
  }, '')
}

/** Go's fmt.Sprintf for the types of a template; what does not fit is said in the text, as Go does. */
export function printf(format: string, args: readonly Value[]): string {
  let used = 0
  const number = (text: string | undefined): number | undefined => {
    if (text !== '*') return text === undefined ? undefined : Number(text)
    const arg = args[used]
    used += 1
    return arg?.kind === 'int' ? arg.value : 0
  }
  const text = format.replace(VERB, (whole, flags: string, width, precision, verb: string | undefined) => {
    if (verb === '%') return '%'
    const given = number(width) ?? 0
    const style: Style = {
      flags: given < 0 ? `${flags}-` : flags,
      width: Math.abs(given),
      precision: number(precision) ?? (whole.includes('.') ? 0 : undefined),
    }
    if (Math.max(style.width, style.precision ?? 0) > WIDEST) throw new GoTemplateError(`${whole} is too wide`)
    if (verb === undefined) return '%!(NOVERB)'
    const arg = args[used]
    used += 1
    return arg === undefined ? `%!${verb}(MISSING)` : formatted(verb, style, arg)
  })
  const extra = args.slice(used).map((arg) => (arg.kind === 'nil' ? '<nil>' : `${typeOf(arg)}=${show(arg)}`))
  return extra.length === 0 ? text : `${text}%!(EXTRA ${extra.join(', ')})`
}

function formatted(verb: string, style: Style, arg: Value): string {
  const text = textOf(verb, style, arg)
  if (text === undefined) return arg.kind === 'nil' ? `%!${verb}(<nil>)` : `%!${verb}(${typeOf(arg)}=${show(arg)})`
  return pad(text, style, (arg.kind === 'int' || arg.kind === 'float64') && 'cqU'.indexOf(verb) === -1)
}

function pad(text: string, { flags, width }: Style, isNumber: boolean): string {
  const missing = width - [...text].length
  if (missing <= 0) return text
  if (flags.includes('-')) return text + ' '.repeat(missing)
  if (!flags.includes('0') || !isNumber) return (flags.includes('0') ? '0' : ' ').repeat(missing) + text
  const [, sign = '', rest = ''] = /^([+-]?)(.*)$/s.exec(text) ?? []
  return sign + '0'.repeat(missing) + rest
}

/** Undefined: the verb is not for this type. */
function textOf(verb: string, style: Style, arg: Value): string | undefined {
  if (verb === 'T') return typeOf(arg)
  if (verb === 'v') return arg.kind === 'int' || arg.kind === 'float64' ? signed(show(arg), style) : show(arg)
  switch (arg.kind) {
    case 'string':
      return ofString(verb, style, arg.value)
    case 'int':
      return ofInt(verb, style, arg.value)
    case 'float64':
      return ofFloat(verb, style, arg.value)
    case 'bool':
      return verb === 't' ? String(arg.value) : undefined
    case 'nil':
      return undefined
    default:
      return verb === 's' ? show(arg) : undefined
  }
}

function ofString(verb: string, { precision }: Style, value: string): string | undefined {
  const cut = precision === undefined ? value : [...value].slice(0, precision).join('')
  if (verb === 's') return cut
  if (verb === 'q') return quote(cut)
  const hex = Buffer.from(value).toString('hex')
  if (verb === 'x') return hex
  return verb === 'X' ? hex.toUpperCase() : undefined
}

function ofInt(verb: string, style: Style, value: number): string | undefined {
  const bases: Readonly<Record<string, number>> = { b: 2, o: 8, d: 10, x: 16, X: 16 }
  const base = bases[verb]
  if (base !== undefined) {
    const digits = Math.abs(value)
      .toString(base)
      .padStart(style.precision ?? 1, '0')
    const prefix = style.flags.includes('#') ? ({ 2: '0b', 8: '0', 16: '0x' }[base] ?? '') : ''
    const text = signed(`${value < 0 ? '-' : ''}${prefix}${digits}`, style)
    return verb === 'X' ? text.toUpperCase() : text
  }
  const isPoint = value >= 0 && value <= 0x10ffff
  const sign = isPoint ? String.fromCodePoint(value) : '\uFFFD'
  if (verb === 'c') return sign
  if (verb === 'q') return `'${quote(sign).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`
  return verb === 'U' ? `U+${value.toString(16).toUpperCase().padStart(4, '0')}` : undefined
}

function ofFloat(verb: string, style: Style, value: number): string | undefined {
  const { precision } = style
  if (!Number.isFinite(value)) return 'eEfFgG'.includes(verb) ? show({ kind: 'float64', value }) : undefined
  if (verb === 'f' || verb === 'F') return signed(value.toFixed(Math.min(precision ?? 6, 100)), style)
  const exponent = goExponent(value.toExponential(Math.min(precision ?? 6, 100)))
  if (verb === 'e' || verb === 'E') return signed(verb === 'E' ? exponent.toUpperCase() : exponent, style)
  if (verb !== 'g' && verb !== 'G') return undefined
  if (precision === undefined) return signed(show({ kind: 'float64', value }), style)
  const digits = Math.min(Math.max(precision, 1), 100)
  const short = Number(value.toPrecision(digits))
  const isLarge = short !== 0 && (Math.abs(short) < 1e-4 || Math.abs(short) >= 10 ** digits)
  return signed(isLarge ? goExponent(short.toExponential()) : String(short), style)
}

function signed(text: string, { flags }: Style): string {
  if (text.startsWith('-') || text.startsWith('+')) return text
  if (flags.includes('+')) return `+${text}`
  return flags.includes(' ') ? ` ${text}` : text
}

const ESCAPES: Readonly<Record<string, string>> = {
  ...{ '\x07': '\\a', '\b': '\\b', '\f': '\\f', '\n': '\\n', '\r': '\\r', '\t': '\\t', '\v': '\\v' },
  ...{ '\\': '\\\\', '"': '\\"' },
}

/** As Go quotes a string: what can't be printed by its code. */
function quote(text: string): string {
  const inside = text.replace(/[\\"]|(?! )[\p{C}\p{Z}]/gu, (sign) => {
    const known = ESCAPES[sign]
    if (known !== undefined) return known
    const code = sign.codePointAt(0) ?? 0
    const hex = code.toString(16)
    if (code < 0x80) return `\\x${hex.padStart(2, '0')}`
    return code > 0xffff ? `\\U${hex.padStart(8, '0')}` : `\\u${hex.padStart(4, '0')}`
  })
  return `"${inside}"`
}
