import { bool, GoTemplateError, int, NIL, string, type Value } from './value.ts'

const ESCAPES: Readonly<Record<string, string>> = {
  ...{ a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v', '\\': '\\' },
}
const ESCAPE = /\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([0-7]{3})|([\s\S]))/g

export const WORDS: Readonly<Record<string, Value>> = { true: bool(true), false: bool(false), nil: NIL }

/** With its quotes. */
export function readString(text: string): Value {
  if (text.startsWith('`')) return string(text.slice(1, -1).replaceAll('\r', ''))
  return string(unescaped(text.slice(1, -1), '"'))
}

/** A character is the number of its code point. */
export function readChar(text: string): Value {
  const [only, ...more] = unescaped(text.slice(1, -1), "'")
  if (only === undefined || more.length > 0) throw new GoTemplateError(`malformed character constant ${text}`)
  return int(only.codePointAt(0) ?? 0)
}

export function readNumber(text: string): Value {
  const digits = text.replaceAll('_', '')
  const [, sign = '', size = ''] = /^([+-]?)(.*)$/.exec(digits) ?? []
  const octal = /^0\d+$/.test(size) ? `0o${size.slice(1)}` : size
  const value = Number(octal) * (sign === '-' ? -1 : 1)
  if (Number.isNaN(value)) throw new GoTemplateError(`bad number ${JSON.stringify(text)}`)
  if (/^[^xX]*[.eE]/.test(size)) return { kind: 'float64', value }
  if (!Number.isSafeInteger(value)) throw new GoTemplateError(`the number ${text} is too large`)
  return int(value)
}

function unescaped(text: string, quote: string): string {
  return text.replace(ESCAPE, (whole, hex, short, long, octal, other) => {
    const code = hex ?? short ?? long
    if (code !== undefined || octal !== undefined) {
      const point = code === undefined ? Number.parseInt(octal, 8) : Number.parseInt(code, 16)
      if (point > 0x10ffff || (octal !== undefined && point > 255)) throw new GoTemplateError(`bad escape ${whole}`)
      return String.fromCodePoint(point)
    }
    const found = other === quote ? quote : ESCAPES[other]
    if (found === undefined) throw new GoTemplateError(`bad escape ${whole}`)
    return found
  })
}
