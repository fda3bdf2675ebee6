import { Option } from 'commander'
import { alignColumns } from '../../src/lib/pure/columns.ts'

/** Where a command prints, and what it knows of its surroundings. Handed in, so that a test can read it. */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Width of help texts; 80 where it is not known. */
  readonly columns: number | undefined
  out(text: string): void
  err(text: string): void
}

export interface Output {
  readonly output: 'table' | 'json'
}

export interface ClusterOptions {
  readonly kubeconfig?: string
}

export function outputOption(): Option {
  return new Option('-o, --output <format>', 'how to print').choices(['table', 'json']).default('table')
}

export function kubeconfigOption(): Option {
  return new Option('--kubeconfig <file>', 'default: KUBECONFIG, else the account of the pod, else ~/.kube/config')
}

/** The facts as JSON, or what `table` makes of them. Ends with a line's end either way. */
export function print(terminal: Terminal, { output }: Output, facts: object, table: () => string): void {
  const text = output === 'json' ? JSON.stringify(facts, null, 2) : table().trimEnd()
  terminal.out(`${text}\n`)
}

/** Nothing in a cell can steer the reader's terminal. */
export function renderTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  return alignColumns([header, ...rows].map((row) => row.map(plain))).join('\n')
}

/** One line of printable text: what kubelets, clouds and other people wrote may hold anything. */
export function plain(text: string): string {
  return text.replace(/[\p{Cc}\s]+/gu, ' ').trim()
}
