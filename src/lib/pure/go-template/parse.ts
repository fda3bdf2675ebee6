import { readChar, readNumber, readString, WORDS } from './constants.ts'
import { FUNCTIONS, LAZY } from './functions.ts'
import { type Token, tokensOf } from './tokens.ts'
import type { Command, Node, Nodes, Operand, Pipe, Tree } from './tree.ts'
import { GoTemplateError } from './value.ts'

/** Of parentheses and blocks inside of each other. */
const DEEPEST = 50
const KEYWORDS: ReadonlySet<string> = new Set('block break continue define else end if range template with'.split(' '))

/** Throws GoTemplateError where Go's text/template refuses the text as well. */
export function parse(template: string): Tree {
  const parser = createParser(tokensOf(template))
  return parser.tree()
}

type End = 'end' | 'else'

function createParser(tokens: readonly Token[]): { tree(): Tree } {
  const templates = new Map<string, Nodes>()
  const scopes: Set<string>[] = [new Set(['$'])]
  let at = 0
  let depth = 0
  let loops = 0

  const peek = (): Token | undefined => tokens[at]
  const next = (): Token => {
    const token = tokens[at]
    if (token === undefined) throw new GoTemplateError('unexpected end of the template')
    at += 1
    return token
  }
  const skipSpace = (): void => {
    while (peek()?.is === 'space') at += 1
  }
  const isSign = (token: Token | undefined, text: string): boolean => token?.is === 'sign' && token.text === text
  const expectClose = (): void => {
    skipSpace()
    const token = next()
    if (token.is !== 'close') throw unexpected(token)
  }
  const deeper = <T>(read: () => T): T => {
    depth += 1
    if (depth > DEEPEST) throw new GoTemplateError(`more than ${DEEPEST} blocks or parentheses inside of each other`)
    const result = read()
    depth -= 1
    return result
  }
  /** Variables made in it end with it. */
  const inScope = <T>(read: () => T): T => {
    scopes.push(new Set())
    const result = deeper(read)
    scopes.pop()
    return result
  }
  const isKnown = (name: string): boolean => scopes.some((scope) => scope.has(name))

  /** Until `{{end}}`, `{{else ...` or the template's own end; the delimiter that opens the last one has been taken. */
  function list(isTop: boolean): { readonly nodes: Nodes; readonly end: End | undefined } {
    const nodes: Node[] = []
    for (;;) {
      const token = peek()
      if (token === undefined) {
        if (!isTop) throw new GoTemplateError('a block has no {{end}}')
        return { nodes, end: undefined }
      }
      at += 1
      if (token.is === 'text') nodes.push(token)
      else {
        skipSpace()
        const word = peek()
        if (word?.is === 'word' && (word.text === 'end' || word.text === 'else')) {
          if (isTop) throw new GoTemplateError(`unexpected {{${word.text}}}`)
          at += 1
          return { nodes, end: word.text }
        }
        nodes.push(...action(isTop))
      }
    }
  }

  function action(isTop: boolean): Nodes {
    const word = peek()
    if (word?.is !== 'word' || !KEYWORDS.has(word.text)) return [{ is: 'action', pipe: pipe('close') }]
    at += 1
    switch (word.text) {
      case 'if':
      case 'with':
      case 'range':
        return [inScope(() => control(word.text as 'if' | 'with' | 'range'))]
      case 'break':
      case 'continue':
        if (loops === 0) throw new GoTemplateError(`{{${word.text}}} outside of {{range}}`)
        expectClose()
        return [{ is: word.text }]
      case 'define':
        if (!isTop) throw new GoTemplateError('unexpected {{define}}')
        define(name(), expectClose)
        return []
      case 'block': {
        const own = name()
        const argument = pipe('close')
        define(own, () => undefined)
        return [{ is: 'template', name: own, pipe: argument }]
      }
      case 'template': {
        const own = name()
        skipSpace()
        if (peek()?.is !== 'close') return [{ is: 'template', name: own, pipe: pipe('close') }]
        at += 1
        return [{ is: 'template', name: own, pipe: undefined }]
      }
      default:
        throw new GoTemplateError(`unexpected {{${word.text}}}`)
    }
  }

  function name(): string {
    skipSpace()
    const token = next()
    const value = token.is === 'string' ? readString(token.text) : undefined
    if (value?.kind !== 'string') throw unexpected(token)
    return value.value
  }

  /** A template of its own knows no variable of the one around it. */
  function define(own: string, open: () => void): void {
    open()
    const [outer, outerLoops] = [scopes.splice(0, scopes.length, new Set(['$'])), loops]
    loops = 0
    const { nodes, end } = deeper(() => list(false))
    if (end !== 'end') throw new GoTemplateError('unexpected {{else}}')
    expectClose()
    scopes.splice(0, scopes.length, ...outer)
    loops = outerLoops
    if (templates.has(own)) throw new GoTemplateError(`template ${JSON.stringify(own)} is defined twice`)
    templates.set(own, nodes)
  }

  function control(is: 'if' | 'with' | 'range'): Node {
    const own = pipe('close', is === 'range' ? 2 : 1)
    if (is === 'range') loops += 1
    const { nodes: then, end } = list(false)
    if (is === 'range') loops -= 1
    if (end === 'end') {
      expectClose()
      return { is, pipe: own, then, otherwise: [] }
    }
    skipSpace()
    const word = peek()
    if (is !== 'range' && word?.is === 'word' && word.text === is) {
      at += 1
      return { is, pipe: own, then, otherwise: [inScope(() => control(is))] }
    }
    expectClose()
    const other = list(false)
    if (other.end !== 'end') throw new GoTemplateError('expected {{end}}, found {{else}}')
    expectClose()
    return { is, pipe: own, then, otherwise: other.nodes }
  }

  function pipe(until: 'close' | ')', mostNames = 1): Pipe {
    skipSpace()
    const { names, declares } = declarations(mostNames)
    const commands: Command[] = []
    for (;;) {
      const { command, end } = readCommand(until)
      // What is no function can't take what the command before it gives.
      if (commands.length > 0 && (command[0].is === 'constant' || command[0].is === 'dot')) {
        throw new GoTemplateError('a constant can be no later command of a pipeline')
      }
      commands.push(command)
      if (end !== '|') break
    }
    if (declares) for (const one of names) scopes.at(-1)?.add(one)
    return { names, declares, commands }
  }

  function declarations(most: number): { readonly names: readonly string[]; readonly declares: boolean } {
    const names: string[] = []
    const from = at
    for (let token = peek(); token?.is === 'variable' && names.length < most; token = peek()) {
      names.push(token.text)
      at += 1
      skipSpace()
      if (isSign(peek(), ':=') || isSign(peek(), '=')) {
        const declares = isSign(next(), ':=')
        const unknown = declares ? undefined : names.find((one) => !isKnown(one))
        if (unknown !== undefined) throw new GoTemplateError(`undefined variable ${unknown}`)
        return { names, declares }
      }
      if (!isSign(peek(), ',')) break
      at += 1
      skipSpace()
    }
    at = from
    return { names: [], declares: false }
  }

  function readCommand(until: 'close' | ')'): { readonly command: Command; readonly end: string } {
    const operands: Operand[] = []
    for (;;) {
      skipSpace()
      const token = next()
      const ends = token.is === until || isSign(token, until)
      if (ends || isSign(token, '|')) {
        const [first, ...more] = operands
        if (first === undefined) throw new GoTemplateError('a command is missing')
        return { command: [first, ...more], end: ends ? until : '|' }
      }
      operands.push(chained(operand(token)))
      const after = peek()
      const follows = after?.is === 'space' || after?.is === 'close' || isSign(after, '|') || isSign(after, ')')
      if (after !== undefined && !follows) throw unexpected(after)
    }
  }

  function operand(token: Token): Operand {
    switch (token.is) {
      case 'field':
        return { is: 'chain', of: { is: 'dot' }, fields: [token.text] }
      case 'variable':
        if (!isKnown(token.text)) throw new GoTemplateError(`undefined variable ${token.text}`)
        return { is: 'variable', name: token.text }
      case 'string':
        return { is: 'constant', value: readString(token.text) }
      case 'char':
        return { is: 'constant', value: readChar(token.text) }
      case 'number':
        return { is: 'constant', value: readNumber(token.text) }
      case 'word':
        return wordOf(token.text)
      case 'sign':
        if (token.text === '.') return { is: 'dot' }
        if (token.text === '(') return { is: 'pipe', pipe: deeper(() => pipe(')')) }
        throw unexpected(token)
      default:
        throw unexpected(token)
    }
  }

  /** `.a.b` is one chain; so is `(...).a`. */
  function chained(first: Operand): Operand {
    const fields: string[] = []
    for (let token = peek(); token?.is === 'field'; token = peek()) {
      fields.push(token.text)
      at += 1
    }
    if (fields.length === 0) return first
    if (first.is === 'constant') throw new GoTemplateError('a constant has no field')
    return first.is === 'chain'
      ? { ...first, fields: [...first.fields, ...fields] }
      : { is: 'chain', of: first, fields }
  }

  return {
    tree() {
      const { nodes } = list(true)
      return { nodes, templates }
    },
  }
}

function wordOf(text: string): Operand {
  const constant = Object.hasOwn(WORDS, text) ? WORDS[text] : undefined
  if (constant !== undefined) return { is: 'constant', value: constant }
  if (!FUNCTIONS.has(text) && !LAZY.has(text))
    throw new GoTemplateError(`function ${JSON.stringify(text)} is not defined`)
  return { is: 'function', name: text }
}

function unexpected(token: Token): GoTemplateError {
  return new GoTemplateError(`unexpected ${'text' in token ? JSON.stringify(token.text) : token.is}`)
}
