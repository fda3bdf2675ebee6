import { Option } from 'commander'
import { stringify } from 'yaml'
import { alignColumns, wrapWords } from '../../src/lib/pure/columns.ts'
import { paint } from './screen/paint.ts'
import { repeat } from './screen/repeat.ts'

/** Where a command prints, and what it knows of its surroundings. Handed in, so that a test can read it. */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Its width; undefined where it is not known, e.g. in a pipe. */
  readonly columns: number | undefined
  readonly colours: boolean
  /** A person looks at it as it is written; else it is a pipe or a file. */
  readonly isTerminal: boolean
  /** Aborts when the person has had enough (Ctrl-C). Until it is asked for, that ends the process. */
  interrupted(): AbortSignal
  out(text: string): void
  err(text: string): void
}

export interface Output {
  readonly output: 'table' | 'wide' | 'json' | 'yaml' | 'name'
}

export interface ClusterOptions {
  readonly kubeconfig?: string
  /** Of that kubeconfig. */
  readonly context?: string
}

/** `more`: what this command can print beside what each can. */
export function outputOption(more: readonly ('wide' | 'name')[] = []): Option {
  const choices = ['table', 'json', 'yaml', ...more]
  return new Option('-o, --output <format>', 'how to print').choices(choices).default('table')
}

export function kubeconfigOption(): Option {
  return new Option('--kubeconfig <file>', 'default: KUBECONFIG, else the account of the pod, else ~/.kube/config')
}

export function contextOption(): Option {
  return new Option('--context <name>', "context of the kubeconfig; default: the file's current one")
}

/** The facts as JSON or YAML, or what `table` makes of them. Ends with a line's end. */
export function inFormat({ output }: Output, facts: object, table: () => string): string {
  if (output === 'json') return `${JSON.stringify(facts, null, 2)}\n`
  // By way of JSON: what JSON leaves out or can't hold is the same in both.
  return output === 'yaml' ? stringify(JSON.parse(JSON.stringify(facts))) : `${table().trimEnd()}\n`
}

export function print(terminal: Terminal, options: Output, facts: object, table: () => string): void {
  terminal.out(inColour(terminal, options, facts, table))
}

/** Where there is any. */
function inColour({ colours }: Terminal, options: Output, facts: object, table: () => string): string {
  return inFormat(options, facts, () => (colours ? paint(table()) : table()))
}

export interface Again {
  readonly watch?: boolean
}

export function watchOption(): Option {
  return new Option('-w, --watch', 'show it again whenever it says something else, until Ctrl-C')
}

export interface Seen {
  readonly facts: object
  table(): string
}

/** Prints what `look` finds; with `--watch` until the person has had enough. */
export async function show(
  look: (signal: AbortSignal) => Promise<Seen>,
  options: Output & Again,
  terminal: Terminal,
): Promise<void> {
  if (options.watch !== true) {
    const { facts, table } = await look(new AbortController().signal)
    return print(terminal, options, facts, table)
  }
  const interrupted = terminal.interrupted()
  const text = async (): Promise<string> => {
    const { facts, table } = await look(interrupted)
    return inColour(terminal, options, facts, table)
  }
  await repeat(text, terminal, interrupted)
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
