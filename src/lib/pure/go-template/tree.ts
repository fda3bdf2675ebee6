import type { Value } from './value.ts'

export type Node =
  | { readonly is: 'text'; readonly text: string }
  | { readonly is: 'action'; readonly pipe: Pipe }
  | { readonly is: 'if' | 'with' | 'range'; readonly pipe: Pipe; readonly then: Nodes; readonly otherwise: Nodes }
  | { readonly is: 'template'; readonly name: string; readonly pipe: Pipe | undefined }
  | { readonly is: 'break' | 'continue' }

export type Nodes = readonly Node[]

export interface Pipe {
  /** Variables that it sets: one, or two of a range. */
  readonly names: readonly string[]
  /** `:=` makes them, `=` sets what is there. */
  readonly declares: boolean
  readonly commands: readonly Command[]
}

/** Its first operand, with the others as arguments. */
export type Command = readonly [Operand, ...Operand[]]

export type Operand =
  | { readonly is: 'dot' }
  | { readonly is: 'constant'; readonly value: Value }
  | { readonly is: 'function'; readonly name: string }
  | { readonly is: 'variable'; readonly name: string }
  | { readonly is: 'pipe'; readonly pipe: Pipe }
  /** Fields of an operand, from left to right. */
  | { readonly is: 'chain'; readonly of: Operand; readonly fields: readonly string[] }

export interface Tree {
  readonly nodes: Nodes
  readonly templates: ReadonlyMap<string, Nodes>
}
