import { Option } from 'commander'
import { alignColumns, wrapWords } from '../../src/lib/pure/columns.ts'
import { paint } from './screen/paint.ts'

/** Where a command prints, and what it knows of its surroundings. Handed in, so that a test can read it. */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Its width; undefined where it is not known, e.g. in a pipe. */
  readonly columns: number | undefined
  readonly colours: boolean
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

/** The facts as JSON, or what `table` makes of them, in colour where there is any. Ends with a line's end either way. */
export function print(terminal: Terminal, { output }: Output, facts: object, table: () => string): void {
  if (output === 'json') terminal.out(`${JSON.stringify(facts, null, 2)}\n`)
  else terminal.out(`${terminal.colours ? paint(table().trimEnd()) : table().trimEnd()}\n`)
}

/** What the last column keeps on a narrow terminal. */
const LAST_COLUMN = 24

/**
 * Nothing in a cell can steer the reader's terminal. With `width` (columns) the last cell of a longer row goes on below
 * itself.
 */
export function renderTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  width = Number.POSITIVE_INFINITY,
): string {
  const lines = alignColumns([header, ...rows].map((row) => row.map(plain)))
  const widest = Math.max(...rows.map((row) => plain(row.at(-1) ?? '').length), header.at(-1)?.length ?? 0)
  const indent = Math.max(...lines.map((line) => line.length)) - widest
  const left = Math.max(LAST_COLUMN, width - indent)
  return lines
    .flatMap((line) => {
      const [first = '', ...more] = wrapWords(line.slice(indent).split(' '), left)
      return [`${line.slice(0, indent)}${first}`.trimEnd(), ...more.map((rest) => `${' '.repeat(indent)}${rest}`)]
    })
    .join('\n')
}

/** One line of printable text: what kubelets, clouds and other people wrote may hold anything. */
export function plain(text: string): string {
  return text.replace(/[\p{Cc}\s]+/gu, ' ').trim()
}
