import { GoTemplateError } from './value.ts'

export type Token =
  | { readonly is: 'text'; readonly text: string }
  | { readonly is: 'open' | 'close' | 'space' }
  | { readonly is: 'field' | 'variable' | 'word' | 'string' | 'number' | 'char' | 'sign'; readonly text: string }

const WORD = /[\p{L}\p{Nd}_]+/uy
const NUMBER = /[+-]?(0[xX][\da-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|\d[\d_]*(\.\d*)?([eE][+-]?\d+)?|\.\d+([eE][+-]?\d+)?)/y
const STRING = /"(?:[^"\\\n]|\\[^\n])*"|`[^`]*`/y
const CHAR = /'(?:[^'\\\n]|\\[^\n])+'/y
const SIGN = /:=|[=|(),.]/y
/** What may follow a field, a variable or a word. */
const ENDS = /[\s.,|:)(=]|-?\}\}|$/y

/** A template in tokens: text, and between `open` and `close` what stands in `{{ }}`. Comments are left out. */
export function tokensOf(template: string): readonly Token[] {
  const tokens: Token[] = []
  let at = 0
  let trims = false
  for (;;) {
    const open = template.indexOf('{{', at)
    const text = template.slice(at, open === -1 ? undefined : open)
    const trimsBefore = open !== -1 && /^-\s/.test(template.slice(open + 2, open + 4))
    const left = trims ? text.trimStart() : text
    const kept = trimsBefore ? left.trimEnd() : left
    if (kept !== '') tokens.push({ is: 'text', text: kept })
    if (open === -1) return tokens
    at = open + (trimsBefore ? 3 : 2)
    const comment = /^\s*\/\*/.exec(template.slice(at, trimsBefore ? undefined : at + 2))
    const ended = comment === null ? readAction(template, at, tokens) : endOfComment(template, at)
    ;({ at, trims } = ended)
  }
}

interface End {
  readonly at: number
  /** White space behind it goes. */
  readonly trims: boolean
}

function endOfComment(template: string, from: number): End {
  const end = template.indexOf('*/', from)
  if (end === -1) throw new GoTemplateError('a comment has no end')
  const close = /^(\s-)?\}\}/.exec(template.slice(end + 2))
  if (close === null) throw new GoTemplateError('a comment ends before its closing delimiter')
  return { at: end + 2 + close[0].length, trims: close[1] !== undefined }
}

function readAction(template: string, from: number, tokens: Token[]): End {
  tokens.push({ is: 'open' })
  let at = from
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at
    const found = pattern.exec(template)?.[0]
    if (found !== undefined) at += found.length
    return found
  }
  const takeWord = (): string => {
    const word = take(WORD) ?? ''
    ENDS.lastIndex = at
    if (!ENDS.test(template)) throw new GoTemplateError(`unexpected character ${JSON.stringify(template[at])}`)
    return word
  }
  for (;;) {
    const close = take(/(\s+-)?\}\}/y)
    if (close !== undefined) {
      tokens.push({ is: 'close' })
      return { at, trims: close.includes('-') }
    }
    if (at >= template.length) throw new GoTemplateError('an action has no end')
    // A minus after white space and before the end belongs to the delimiter.
    if (take(/\s+(?!-\}\})|\s(?=\s+-\}\})/y) !== undefined) tokens.push({ is: 'space' })
    else tokens.push(readOperand(template, at, take, takeWord))
  }
}

function readOperand(
  template: string,
  at: number,
  take: (pattern: RegExp) => string | undefined,
  takeWord: () => string,
): Token {
  const first = template[at] ?? ''
  if (first === '$') {
    take(/\$/y)
    return { is: 'variable', text: `$${takeWord()}` }
  }
  if (first === '.' && /[\p{L}_]/u.test(template[at + 1] ?? '')) {
    take(/\./y)
    return { is: 'field', text: takeWord() }
  }
  const text = take(STRING)
  if (text !== undefined) return { is: 'string', text }
  const char = take(CHAR)
  if (char !== undefined) return { is: 'char', text: char }
  const number = take(NUMBER)
  if (number !== undefined) {
    if (takeWord() !== '') throw new GoTemplateError(`bad number ${JSON.stringify(number)}`)
    return { is: 'number', text: number }
  }
  const sign = take(SIGN)
  if (sign !== undefined) return { is: 'sign', text: sign }
  if (/[\p{L}_]/u.test(first)) return { is: 'word', text: takeWord() }
  throw new GoTemplateError(`unexpected character ${JSON.stringify(first)}`)
}
