import { isAlias, isMap, isScalar, isSeq, LineCounter, type ParsedNode, parseDocument, type YAMLError } from 'yaml'
import { isSecretName } from '../../lib/redact.ts'
import { faultIn } from './syntax-faults.ts'
import { controlCharacterAt, MAX_CHARACTERS, MAX_VALUES, tooDeepAt } from './yaml-limits.ts'

export interface Place {
  readonly line: number
  readonly col: number
}

/** What a YAML text says, without any trace of how it says it, except where. */
export type Tree =
  | { readonly kind: 'map'; readonly at: Place; readonly entries: readonly Entry[] }
  | { readonly kind: 'list'; readonly at: Place; readonly items: readonly Tree[] }
  | { readonly kind: 'scalar'; readonly at: Place; readonly value: Scalar; readonly source: string }

export type Scalar = string | number | boolean | null

/** Keys stay in their order, duplicates included. */
export interface Entry {
  readonly key: string
  readonly at: Place
  readonly value: Tree
}

export interface YamlProblem {
  readonly at: Place
  readonly message: string
}

const START: Place = { line: 1, col: 1 }

const LONE_RETURN =
  'lines end with a carriage return alone, which other programs do not take for an end; save the file with LF'

/** By the parser's codes: its own texts quote the source, and the source may be a password. */
const SYNTAX: Readonly<Record<string, string>> = {
  BAD_ALIAS: 'is not an alias; write *name',
  BAD_COLLECTION_TYPE: 'this tag does not fit the collection; leave the tag out',
  BAD_DIRECTIVE: 'is not a YAML directive; leave the line out',
  BAD_DQ_ESCAPE: 'invalid escape in double quotes; write \\\\ for a backslash, or use single quotes',
  BAD_INDENT: 'wrong indentation; keys of one mapping start in the same column, and brackets are closed',
  BAD_PROP_ORDER: 'anchor or tag in the wrong place; put it before the value',
  BAD_SCALAR_START: 'a plain value can not start with this character; put the value in quotes',
  BLOCK_AS_IMPLICIT_KEY: 'a mapping can not start here; put it on the next line, indented, or the value in quotes',
  BLOCK_IN_FLOW: 'a block can not stand inside brackets; use [a, b] or {a: b}',
  COMMENT_SPACE: 'a comment needs a space before its #',
  KEY_OVER_1024_CHARS: 'a key of over 1024 characters; is a colon missing?',
  MISSING_CHAR: 'a character is missing here; look for a colon after the key, a closing quote or bracket',
  MULTILINE_IMPLICIT_KEY: 'a key can not span lines; is a colon missing at the end of the key?',
  MULTIPLE_ANCHORS: 'two anchors on one value; keep one',
  MULTIPLE_DOCS: 'a second document starts here; a configuration is one document, so remove the --- and what follows',
  MULTIPLE_TAGS: 'two tags on one value; leave them out',
  TAB_AS_INDENT: 'a tab as indentation; use spaces',
  TAG_RESOLVE_FAILED: 'tags are not used here; put the value in quotes if it begins with !',
  UNEXPECTED_TOKEN: 'unexpected here; put the whole value in quotes, or start a new line',
}

export type YamlRead =
  /** `doubts`: nothing that keeps the text from being read. */
  { readonly tree: Tree; readonly doubts: readonly YamlProblem[] } | { readonly problems: readonly YamlProblem[] }

/** Reads one YAML document, whatever the text is: problems instead of throws, and no echo of the text in them. */
export function readYaml(given: string): YamlRead {
  // To YAML a carriage return ends a line even by itself.
  const text = given.replace(/\r(?!\n)/g, '\n')
  const doubts = text === given ? [] : problem(text, given.search(/\r(?!\n)/), LONE_RETURN).problems
  if (text.length > MAX_CHARACTERS) {
    const message = `has ${text.length} characters; a configuration has at most ${MAX_CHARACTERS}. Is it the right file?`
    return { problems: [{ at: START, message }] }
  }
  // What is no UTF-8 is decoded to this character.
  const foreign = text.indexOf('\ufffd')
  if (foreign >= 0) return problem(text, foreign, 'is not UTF-8 from here on; save the file in UTF-8')
  const control = controlCharacterAt(text)
  if (control !== undefined) {
    return problem(text, control, 'a control character; a configuration is YAML text. Is it the right file?')
  }
  const deep = tooDeepAt(text)
  if (deep !== undefined) return problem(text, deep, 'nested too deeply; no configuration needs that many levels')

  const counter = new LineCounter()
  const document = parseDocument(text, { lineCounter: counter, prettyErrors: false, uniqueKeys: false, merge: true })
  const [error] = [...document.errors, ...document.warnings].sort((one, other) => one.pos[0] - other.pos[0])
  // What comes after the first is mostly what the first has led to.
  if (error !== undefined) return { problems: [explain(error, text, counter)] }
  if (document.contents === null || (isScalar(document.contents) && document.contents.value === null)) {
    return { problems: [{ at: START, message: 'is empty; a configuration is a mapping, see config.example.yaml' }] }
  }
  const built = build(document.contents, counter)
  return 'tree' in built ? { tree: built.tree, doubts: [...doubts, ...built.doubts] } : built
}

/** Errors of the parser that a mistake somewhere above may have caused. */
const STRUCTURE = new Set([
  ...['BAD_INDENT', 'BLOCK_AS_IMPLICIT_KEY', 'BLOCK_IN_FLOW', 'IMPOSSIBLE', 'KEY_OVER_1024_CHARS', 'MISSING_CHAR'],
  ...['MULTILINE_IMPLICIT_KEY', 'UNEXPECTED_TOKEN'],
])

function explain(error: YAMLError, text: string, counter: LineCounter): YamlProblem {
  const at = placeOf(counter, error.pos[0])
  const fault = STRUCTURE.has(error.code) ? faultIn(text, error.pos[0]) : undefined
  return fault === undefined
    ? { at, message: SYNTAX[error.code] ?? 'is not valid YAML' }
    : { at: placeOf(counter, fault.offset), message: fault.message }
}

function problem(text: string, offset: number, message: string): { problems: readonly YamlProblem[] } {
  const before = text.slice(0, offset).split('\n')
  return { problems: [{ at: { line: before.length, col: (before.at(-1)?.length ?? 0) + 1 }, message }] }
}

function placeOf(counter: LineCounter, offset: number): Place {
  const { line, col } = counter.linePos(offset)
  return { line: Math.max(1, line), col: Math.max(1, col) }
}

class BuildError extends Error {
  readonly at: Place
  constructor(at: Place, message: string) {
    super(message)
    this.at = at
  }
}

function build(root: ParsedNode, counter: LineCounter): YamlRead {
  const doubts: YamlProblem[] = []
  const anchors = new Map<string, ParsedNode | 'open'>()
  let values = 0

  const visit = (node: ParsedNode | null, fallback: Place): Tree => {
    const at = node === null ? fallback : placeOf(counter, node.range[0])
    values++
    if (values > MAX_VALUES) throw new BuildError(at, `more than ${MAX_VALUES} values, aliases included; write less`)
    if (node === null) return { kind: 'scalar', at, value: null, source: '' }
    if (isAlias(node)) return followAlias(node.source, at)
    if (node.anchor !== undefined) anchors.set(node.anchor, 'open')
    const tree = convert(node, at)
    if (node.anchor !== undefined) anchors.set(node.anchor, node)
    return tree
  }
  const followAlias = (name: string, at: Place): Tree => {
    const target = anchors.get(name)
    if (target === undefined)
      throw new BuildError(at, 'this alias names no anchor above it; put the value in quotes if it begins with *')
    if (target === 'open') throw new BuildError(at, 'this alias stands inside the value that it names')
    return visit(target, at)
  }
  const convert = (node: Exclude<ParsedNode, { source: string; type: 'alias' }>, at: Place): Tree => {
    if (isSeq(node)) return { kind: 'list', at, items: node.items.map((item) => visit(item as ParsedNode, at)) }
    if (isMap(node)) return { kind: 'map', at, entries: entriesOf(node.items, at) }
    if (isScalar(node) && node.value === null && node.anchor !== undefined) {
      const sign = placeOf(counter, node.range[0] - node.anchor.length - 1)
      throw new BuildError(sign, 'an anchor with no value behind it; put the value in quotes if it begins with &')
    }
    if (isScalar(node)) return scalar(node.value, node.source ?? '', at)
    throw new BuildError(at, 'is not a plain value')
  }
  const entriesOf = (
    pairs: readonly { readonly key: unknown; readonly value: unknown }[],
    fallback: Place,
  ): readonly Entry[] => {
    const own: Entry[] = []
    const merged: Entry[] = []
    for (const pair of pairs) {
      const keyNode = pair.key as ParsedNode
      const at = keyNode?.range ? placeOf(counter, keyNode.range[0]) : fallback
      if (!isScalar(keyNode)) throw new BuildError(at, 'a key must be plain text')
      const comment = (pair.value as ParsedNode | null)?.comment
      // What comments a value out has a space behind it.
      if (isScalar(pair.value) && pair.value.value === null && comment != null && /^[^\s#]/.test(comment)) {
        const message = 'a value that begins with # must stand in quotes; this one is a comment, so nothing stands here'
        if (isSecretName(keyNode.source ?? '')) throw new BuildError(at, message)
        doubts.push({ at, message })
      }
      const value = visit((pair.value ?? null) as ParsedNode | null, at)
      const isMerge = typeof keyNode.value === 'symbol' || keyNode.source === '<<'
      if (isMerge) merged.push(...mergeSources(value))
      else own.push({ key: typeof keyNode.value === 'string' ? keyNode.value : (keyNode.source ?? ''), at, value })
    }
    const names = new Set(own.map((entry) => entry.key))
    for (const entry of merged) {
      if (!names.has(entry.key)) own.push(entry)
      names.add(entry.key)
    }
    return own
  }
  try {
    return { tree: visit(root, START), doubts }
  } catch (thrown) {
    if (thrown instanceof BuildError) return { problems: [{ at: thrown.at, message: thrown.message }] }
    throw thrown
  }
}

function mergeSources(value: Tree): readonly Entry[] {
  if (value.kind === 'map') return value.entries
  if (value.kind === 'list') return value.items.flatMap(mergeSources)
  throw new BuildError(value.at, '<< needs a mapping, mostly an alias such as *defaults')
}

function scalar(value: unknown, source: string, at: Place): Tree {
  const isPlain = value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
  if (!isPlain) throw new BuildError(at, 'is not a plain value; put it in quotes')
  return { kind: 'scalar', at, value, source }
}
