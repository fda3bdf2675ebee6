import { FUNCTIONS, LAZY } from './functions.ts'
import type { Command, Node, Nodes, Operand, Pipe, Tree } from './tree.ts'
import { GoTemplateError, int, isTrue, NIL, show, sortedEntries, string, typeOf, type Value } from './value.ts'

/** A part of what a template gives: the author's own text, or what came from the data. */
export interface Piece {
  readonly text: string
  readonly isData: boolean
}

/** Nodes and rounds of a range. */
const MOST_STEPS = 10_000
/** Of a whole result, and of what each function gives. */
const LONGEST = 65_536
/** Of templates that call each other. */
const DEEPEST = 50

type Flow = 'next' | 'break' | 'continue'
type Scope = Map<string, Value>

/** Throws GoTemplateError where Go does with `missingkey=error`, and where a template runs or grows without measure. */
export function execute({ nodes, templates }: Tree, data: Value): readonly Piece[] {
  const pieces: Piece[] = []
  let scopes: Scope[] = [new Map([['$', data]])]
  let [steps, length, depth] = [0, 0, 0]

  const step = (): void => {
    steps += 1
    if (steps > MOST_STEPS) throw new GoTemplateError(`it takes more than ${MOST_STEPS} steps`)
  }
  const write = (text: string, isData: boolean): void => {
    if (text === '') return
    length += text.length
    if (length > LONGEST) throw new GoTemplateError(`its result is longer than ${LONGEST} characters`)
    pieces.push({ text, isData })
  }
  const inScope = <T>(run: () => T): T => {
    scopes.push(new Map())
    const result = run()
    scopes.pop()
    return result
  }

  function runAll(all: Nodes, dot: Value): Flow {
    for (const node of all) {
      const flow = run(node, dot)
      if (flow !== 'next') return flow
    }
    return 'next'
  }

  function run(node: Node, dot: Value): Flow {
    step()
    switch (node.is) {
      case 'text':
        write(node.text, false)
        return 'next'
      case 'action': {
        const value = evaluate(node.pipe, dot)
        if (node.pipe.names.length === 0)
          write(value.kind === 'nil' ? '<no value>' : show(value), !isConstant(node.pipe))
        return 'next'
      }
      case 'if':
      case 'with':
        return inScope(() => {
          const value = evaluate(node.pipe, dot)
          if (!isTrue(value)) return runAll(node.otherwise, dot)
          return runAll(node.then, node.is === 'with' ? value : dot)
        })
      case 'range':
        return inScope(() => range(node, dot))
      case 'template':
        call(node.name, node.pipe === undefined ? NIL : evaluate(node.pipe, dot))
        return 'next'
      default:
        return node.is
    }
  }

  function range(node: Node & { readonly is: 'range' | 'if' | 'with' }, dot: Value): Flow {
    const [first, second] = node.pipe.names
    const over = evaluate({ ...node.pipe, names: [] }, dot)
    const rounds = roundsOf(over, second !== undefined)
    let isEmpty = true
    for (const [key, value] of rounds) {
      isEmpty = false
      step()
      const flow = inScope(() => {
        if (first !== undefined) assign(first, second === undefined ? value : key, node.pipe.declares)
        if (second !== undefined) assign(second, value, node.pipe.declares)
        return runAll(node.then, value)
      })
      if (flow === 'break') break
    }
    return isEmpty ? runAll(node.otherwise, dot) : 'next'
  }

  function call(name: string, dot: Value): void {
    const own = templates.get(name)
    if (own === undefined) throw new GoTemplateError(`template ${JSON.stringify(name)} is not defined`)
    depth += 1
    if (depth > DEEPEST) throw new GoTemplateError('templates call each other without an end')
    const outer = scopes
    scopes = [new Map([['$', dot]])]
    runAll(own, dot)
    scopes = outer
    depth -= 1
  }

  function assign(name: string, value: Value, declares: boolean): void {
    const scope = declares ? scopes.at(-1) : scopes.findLast((one) => one.has(name))
    scope?.set(name, value)
  }

  function evaluate(pipe: Pipe, dot: Value): Value {
    let value: Value | undefined
    for (const command of pipe.commands) value = runCommand(command, dot, value)
    const result = value ?? NIL
    for (const name of pipe.names) assign(name, result, pipe.declares)
    return result
  }

  /** `before`: what the command before it gives, as its last argument. */
  function runCommand([first, ...rest]: Command, dot: Value, before: Value | undefined): Value {
    step()
    if (first.is === 'function') return runFunction(first.name, rest, dot, before)
    if (rest.length > 0 || before !== undefined) throw new GoTemplateError('only a function takes arguments')
    if (first.is === 'constant' && first.value.kind === 'nil') throw new GoTemplateError('nil is no command')
    return take(first, dot)
  }

  function runFunction(name: string, rest: readonly Operand[], dot: Value, before: Value | undefined): Value {
    const last = before === undefined ? [] : [before]
    if (LAZY.has(name)) {
      for (const operand of rest) {
        const value = take(operand, dot)
        if (isTrue(value) === (name === 'or')) return value
        if (operand === rest.at(-1) && before === undefined) return value
      }
      if (before === undefined) throw new GoTemplateError(`${name} takes at least 1 argument`)
      return before
    }
    const result = FUNCTIONS.get(name)?.([...rest.map((operand) => take(operand, dot)), ...last]) ?? NIL
    if (result.kind === 'string' && result.value.length > LONGEST) {
      throw new GoTemplateError(`${name} gives more than ${LONGEST} characters`)
    }
    return result
  }

  function take(operand: Operand, dot: Value): Value {
    switch (operand.is) {
      case 'dot':
        return dot
      case 'constant':
        return operand.value
      case 'variable':
        return scopes.findLast((scope) => scope.has(operand.name))?.get(operand.name) ?? NIL
      case 'pipe':
        return evaluate(operand.pipe, dot)
      case 'chain':
        return operand.fields.reduce(fieldOf, take(operand.of, dot))
      case 'function':
        return runFunction(operand.name, [], dot, undefined)
    }
  }

  runAll(nodes, data)
  return pieces
}

function fieldOf(value: Value, name: string): Value {
  if (value.kind === 'struct' && Object.hasOwn(value.fields, name)) return value.fields[name] ?? NIL
  if (value.kind !== 'map') throw new GoTemplateError(`${typeOf(value)} has no field ${name}`)
  const found = value.entries.get(name)
  if (found === undefined) throw new GoTemplateError(`there is no entry ${JSON.stringify(name)}`)
  return string(found)
}

function* roundsOf(over: Value, hasKey: boolean): Generator<readonly [Value, Value]> {
  if (over.kind === 'list') {
    for (const [at, item] of over.items.entries()) yield [int(at), item]
  } else if (over.kind === 'map') {
    for (const [key, value] of sortedEntries(over.entries)) yield [string(key), string(value)]
  } else if (over.kind === 'int' && !hasKey) {
    for (let at = 0; at < over.value; at += 1) yield [int(at), int(at)]
  } else if (over.kind !== 'nil') throw new GoTemplateError(`there is no range over ${typeOf(over)}`)
}

/** Nothing in it comes from the data. */
function isConstant({ commands }: Pipe): boolean {
  return commands.every((command) => command.every((operand) => operand.is === 'constant'))
}
