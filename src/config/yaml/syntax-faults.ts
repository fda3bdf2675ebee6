import { CST, Lexer } from 'yaml'

export interface Fault {
  readonly offset: number
  readonly message: string
}

interface Token {
  readonly offset: number
  /** As the lexer names it; `text`: a plain value, or the lines below `|` and `>`. */
  readonly type: string
  readonly source: string
}

/** Spaces that are none to YAML, as word processors and web pages have them. */
export const ODD_SPACE = /[\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000\ufeff]/

/**
 * What made a text invalid, where the parser sees at `offset` only what came of it: a space that is none, a quote or a
 * bracket that is never closed, a line indented otherwise than its neighbours. Undefined: the parser knows best.
 */
export function faultIn(text: string, offset: number): Fault | undefined {
  const tokens = tokensOf(text)
  const lineEnd = text.indexOf('\n', offset)
  // The parser may give up on the line before.
  const nextEnd = lineEnd < 0 ? text.length : text.indexOf('\n', lineEnd + 1)
  const inTime = (fault: Fault | undefined): Fault | undefined =>
    fault !== undefined && (nextEnd < 0 || fault.offset <= nextEnd) ? fault : undefined
  return (
    inTime(oddSpace(text)) ??
    inTime(openQuote(tokens)) ??
    inTime(openBracket(tokens)) ??
    indicator(text, offset) ??
    inTime(wrongIndent(text, linesInside(text, tokens)))
  )
}

/** A value whose first character means something to YAML, and a colon without its space. */
function indicator(text: string, offset: number): Fault | undefined {
  const start = text.lastIndexOf('\n', offset - 1) + 1
  const [line = ''] = text.slice(start).split('\n', 1)
  const [, before = '', sign = ''] = /^((?: *-)* *\w[\w.-]*: +)([|>])[^\s]/.exec(line) ?? []
  if (sign !== '')
    return { offset: start + before.length, message: `a value that begins with ${sign} must stand in quotes` }
  const [key] = /^(?: *-)* *\w[\w.-]*:(?=[^\s/:])/.exec(line) ?? []
  if (key === undefined) return undefined
  return { offset: start + key.length, message: 'a space is missing here, between the colon and the value' }
}

function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = []
  let offset = 0
  let isText = false
  for (const source of new Lexer().lex(text)) {
    const type = CST.tokenType(source) ?? 'text'
    // Characters by which the lexer marks what comes next; they are no part of the text.
    if (type === 'doc-mode' || type === 'flow-error-end' || type === 'scalar') {
      isText = type === 'scalar'
      continue
    }
    tokens.push({ offset, type: isText ? 'text' : type, source })
    isText = false
    offset += source.length
  }
  return tokens
}

function oddSpace(text: string): Fault | undefined {
  const found = new RegExp(`^((?: *-)* *(?:\\w[\\w.-]*: *)?)(${ODD_SPACE.source})`, 'm').exec(text)
  if (found === null) return undefined
  const [, before = '', odd = ''] = found
  const offset = found.index + before.length
  const code = odd.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')
  return { offset, message: `a no-break space or the like (U+${code}) stands here; write a plain space` }
}

/** A key at the start of what is left of a line. No two parts of it match the same text, or long lines would take for ever. */
const KEY = /^(?:"[^"]*"|'[^']*'|[^\s#:"'[{-][^:#"']*):(?=\s|$)/

/** A quoted text over several lines, of which one looks like a key: the quote was forgotten before that. */
function openQuote(tokens: readonly Token[]): Fault | undefined {
  const found = tokens.find(({ type, source }) => {
    if (!type.endsWith('-quoted-scalar')) return false
    const [, ...below] = source.split('\n')
    const isClosed = source.length > 1 && source.endsWith(source.charAt(0))
    return !isClosed || below.some((line) => KEY.test(line.replace(/^[ -]*/, '')))
  })
  if (found === undefined) return undefined
  const message = `the quote that opens here is not closed on its line; put ${found.source.charAt(0)} at the value's end`
  return { offset: found.offset, message }
}

const OPENING: Readonly<Record<string, string>> = { '}': '{', ']': '[' }

function openBracket(tokens: readonly Token[]): Fault | undefined {
  const open: Token[] = []
  let unclosed: Token | undefined
  for (const token of tokens) {
    if (token.type === 'flow-map-start' || token.type === 'flow-seq-start') open.push(token)
    if (token.type !== 'flow-map-end' && token.type !== 'flow-seq-end') continue
    const last = open.pop()
    if (last !== undefined && last.source !== OPENING[token.source]) unclosed ??= last
  }
  unclosed ??= open[0]
  if (unclosed === undefined) return undefined
  const { offset, source } = unclosed
  return { offset, message: `this ${source} is not closed; close it, or put the whole value in quotes` }
}

/** The starts of the lines that continue a quoted or block text, or stand inside brackets. */
function linesInside(text: string, tokens: readonly Token[]): ReadonlySet<number> {
  const inside = new Set<number>()
  let depth = 0
  let isBlock = false
  for (const { offset, type, source } of tokens) {
    if (type === 'block-scalar-header') isBlock = true
    const isWhole = type.endsWith('-quoted-scalar') || depth > 0
    for (
      let at = source.indexOf('\n');
      at >= 0 && (isWhole || (isBlock && type === 'text'));
      at = source.indexOf('\n', at + 1)
    ) {
      inside.add(offset + at + 1)
    }
    if (isBlock && type === 'text') {
      inside.add(text.lastIndexOf('\n', offset) + 1)
      isBlock = false
      // What follows the block's last line end is no part of it.
      inside.delete(offset + source.length)
    }
    if (type === 'flow-map-start' || type === 'flow-seq-start') depth++
    if (type === 'flow-map-end' || type === 'flow-seq-end') depth = Math.max(0, depth - 1)
  }
  return inside
}

interface Level {
  readonly col: number
  readonly isKey: boolean
}

/** The first line whose first key or list item stands in no column that the lines above it allow. */
function wrongIndent(text: string, inside: ReadonlySet<number>): Fault | undefined {
  const open: Level[] = []
  let opensBlock = true
  let offset = 0
  for (const line of text.split('\n')) {
    const start = offset
    offset += line.length + 1
    if (inside.has(start)) continue
    const { levels, value } = levelsOf(line)
    const [first, ...deeper] = levels
    if (first === undefined) continue
    const closed: Level[] = []
    while ((open.at(-1)?.col ?? 0) > first.col) closed.push(...open.splice(-1))
    if (open.at(-1)?.col === first.col && open.at(-1)?.isKey === false && first.isKey) open.pop()
    const above = open.at(-1)
    const fits =
      above === undefined ||
      (above.col === first.col && (above.isKey === first.isKey || opensBlock)) ||
      (above.col < first.col && closed.length === 0 && opensBlock)
    if (!fits) {
      const around = [...open, ...closed].filter(({ isKey }) => isKey === first.isKey || closed.length === 0)
      const columns = [...new Set(around.map(({ col }) => col + 1))].slice(-2).join(' or ')
      const message = `wrong indentation: begins in column ${first.col + 1}, what stands around it in column ${columns}; keys of one mapping start in the same column`
      return { offset: start + first.col, message }
    }
    if (above?.col !== first.col || above.isKey !== first.isKey) open.push(first)
    open.push(...deeper)
    opensBlock = /^(?:[&!]\S*)? *(?:#.*)?$/.test(value)
  }
  return undefined
}

/** Where on a line list items and a key begin, and what stands behind them. No levels: a comment, or more of a text. */
function levelsOf(line: string): { readonly levels: readonly Level[]; readonly value: string } {
  const levels: Level[] = []
  let rest = line.trimStart()
  const col = (): number => line.length - rest.length
  for (let item = /^-(?: +|$)/.exec(rest); item !== null; item = /^-(?: +|$)/.exec(rest)) {
    levels.push({ col: col(), isKey: false })
    rest = rest.slice(item[0].length)
  }
  const key = KEY.exec(rest)
  if (key !== null) levels.push({ col: col(), isKey: true })
  return { levels, value: rest.slice(key?.[0].length ?? 0).trim() }
}
