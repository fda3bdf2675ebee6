import { CST, Lexer } from 'yaml'

/** A ConfigMap holds 1 MiB at most; a configuration of heald is a few KiB. */
export const MAX_CHARACTERS = 128 * 1_024
/** Values, aliases expanded: what ends an alias bomb. */
export const MAX_VALUES = 20_000

const MAX_FLOW_DEPTH = 32
const MAX_INDENT = 100
/** Tokens by which the lexer marks document, scalar and flow end: no part of the text. */
const MARKS = new Set(['doc-mode', 'flow-error-end', 'scalar'])

/**
 * The offset at which the text nests deeper than any configuration does; undefined when it never does.
 *
 * The YAML composer recurses, and near the end of the stack V8 aborts the process when it compiles a regular
 * expression, which no `catch` sees. The lexer does not recurse, so it looks first.
 */
export function tooDeepAt(text: string): number | undefined {
  let offset = 0
  let lineStart = 0
  let flowDepth = 0
  for (const token of new Lexer().lex(text)) {
    const type = CST.tokenType(token) ?? ''
    if (MARKS.has(type)) continue
    if (type === 'flow-map-start' || type === 'flow-seq-start') flowDepth++
    else if (type === 'flow-map-end' || type === 'flow-seq-end') flowDepth = Math.max(0, flowDepth - 1)
    if (flowDepth > MAX_FLOW_DEPTH || blockIndent(text, lineStart, offset, type) > MAX_INDENT) return offset
    offset += token.length
    const newline = token.lastIndexOf('\n')
    if (newline >= 0) lineStart = offset - token.length + newline + 1
  }
  return undefined
}

/** The column of what opens a block collection: nesting can't be deeper than that. */
function blockIndent(text: string, lineStart: number, offset: number, type: string): number {
  if (type === 'seq-item-ind' || type === 'explicit-key-ind') return offset - lineStart
  if (type !== 'map-value-ind') return 0
  let start = lineStart
  while (text[start] === ' ') start++
  return start - lineStart
}

/** The offset of the first character that YAML does not allow, a NUL for example. */
export function controlCharacterAt(text: string): number | undefined {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code === 0x7f || (code < 0x20 && code !== 0x09 && code !== 0x0a && code !== 0x0d)) return index
  }
  return undefined
}
