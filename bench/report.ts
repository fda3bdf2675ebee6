import { cpus } from 'node:os'

/** One measured number beside its goal. */
export interface Row {
  readonly bench: string
  readonly name: string
  readonly value: number
  readonly unit: string
  /** At most this. Undefined: shown for information. */
  readonly goal?: number | undefined
  readonly note?: string
}

/** A number that could not be had here, and why. */
export interface Missing {
  readonly bench: string
  readonly name: string
  readonly missing: string
}

export type Result = Row | Missing

export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly node: string
  readonly date: string
}

export function machine(): Machine {
  const all = cpus()
  return {
    cpu: all[0]?.model.trim() ?? 'unknown',
    cores: all.length,
    node: process.version,
    date: new Date().toISOString().slice(0, 10),
  }
}

/** Ratios before absolute numbers: they are what still says something on another machine. */
export function table(on: Machine, results: readonly Result[]): string {
  const head = ['of goal', 'measured', 'goal', 'what', '']
  const lines = results.map((result) =>
    'missing' in result
      ? ['-', 'not measured', '', result.name, result.missing]
      : [
          result.goal === undefined ? '-' : `${Math.round((100 * result.value) / result.goal)} %`,
          `${show(result.value)} ${result.unit}`,
          result.goal === undefined ? '' : `≤ ${result.goal}`,
          result.name,
          result.note ?? '',
        ],
  )
  const widths = head.map((title, column) =>
    Math.max(...[head, ...lines].map((line) => (line[column] ?? title).length)),
  )
  const render = (line: readonly string[]): string =>
    line
      .map((cell, column) => (column < 2 ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
      .join('  ')
      .trimEnd()
  return [`${on.cores} × ${on.cpu}, Node ${on.node}, ${on.date}`, '', ...[head, ...lines].map(render), ''].join('\n')
}

function show(value: number): string {
  if (value >= 100) return value.toFixed(0)
  return value >= 10 ? value.toFixed(1) : value.toPrecision(2)
}
