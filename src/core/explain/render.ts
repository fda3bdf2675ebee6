import { alignColumns, wrapWords } from '../../lib/pure/columns.ts'
import { formatDuration } from '../../lib/pure/duration.ts'
import type { Json, Millis } from '../model/primitives.ts'
import type { Explanation, GateResult } from '../model/view.ts'

const HEADLINES: Readonly<Record<Explanation['kind'], string>> = {
  'unknown-node': 'not known',
  healthy: 'healthy',
  watch: 'failing, not due yet',
  hold: 'HELD: due, and heald does not act',
  repair: 'REPAIR',
}
const WIDTH = 100

/**
 * The one text of `heald why NODE`, of /why/NODE and of a NodeRepair's message. With `now` (the clock of `changesAt`)
 * the moments at which gates change by themselves are told as durations.
 */
export function renderExplanation(explanation: Explanation, now?: Millis): string {
  const { node, kind, rung, summary, checks, gates, repair, changes } = explanation
  const next = rung === undefined ? '' : `; rung: ${rung}`
  const sections = [
    [`${node}: ${HEADLINES[kind]}${next}`, ...wrap(summary, '')],
    checks.length > 0 ? ['Checks', ...table(checks.map(checkRow))] : [],
    gates.length > 0 ? [gatesTitle(gates), ...gates.flatMap((gate) => gateLines(gate, gateWidth(gates), now))] : [],
    repair === undefined
      ? []
      : [
          'Repair',
          ...wrap([`${repair.name}: ${repair.phase}`, repair.reason, repair.message].filter(Boolean).join(': '), '  '),
        ],
    changes.length > 0
      ? ['What would change the answer', ...changes.flatMap((change) => wrap(change, '  ', '- '))]
      : [],
  ]
  const text = sections.filter((lines) => lines.length > 0).map((lines) => lines.join('\n'))
  // Reasons come from kubelets and clouds: no escape sequence of theirs reaches the reader's terminal.
  return `${text.join('\n\n').replace(/[^\P{Cc}\n]/gu, ' ')}\n`
}

function gatesTitle(gates: readonly GateResult[]): string {
  const held = gates.filter((gate) => !gate.pass).length
  return held === 0 ? `Gates (all ${gates.length} pass)` : `Gates (${held} of ${gates.length} hold)`
}

function checkRow({ check, status, reason, failingForMs, needMs }: Explanation['checks'][number]): readonly string[] {
  const since =
    failingForMs === undefined ? '' : `failing for ${formatDuration(failingForMs)} of ${formatDuration(needMs)}`
  return [status === 'pass' ? 'pass' : status.toUpperCase(), check, reason, since]
}

function gateWidth(gates: readonly GateResult[]): number {
  return Math.max(...gates.map(({ gate }) => gate.length))
}

function gateLines(result: GateResult, width: number, now: Millis | undefined): readonly string[] {
  const { gate, pass, reason, message, have, need, changesAt } = result
  const told = [reason === 'Ok' || reason === '' ? '' : reason, message].filter(Boolean).join(': ')
  const head = `  ${pass ? 'ok  ' : 'HOLD'}  ${gate.padEnd(width)}`
  const indent = ' '.repeat(head.length + 2)
  const numbers = [
    have === null ? '' : `have ${renderValue(have)}`,
    need === null ? '' : `need ${renderValue(need)}`,
    !pass && changesAt !== undefined && now !== undefined
      ? `changes in ${formatDuration(Math.max(0, changesAt - now))}`
      : '',
  ].filter(Boolean)
  const [first = '', ...rest] = [...wrap(told, indent), ...wrap(numbers.join('; '), indent)]
  return [`${head}  ${first.trimStart()}`.trimEnd(), ...rest]
}

/** `{ blindForMs: 42000, total: 5 }` reads as `blind for 42s, total 5`. */
export function renderValue(value: Json, key = ''): string {
  if (typeof value === 'number') {
    if (key.endsWith('Ms')) return formatDuration(value)
    const rounded = Number.isInteger(value) ? value : Number(value.toFixed(2))
    return key.toLowerCase().endsWith('percent') ? `${rounded}%` : String(rounded)
  }
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (value === null) return 'nothing'
  if (typeof value === 'string') return value === '' ? 'nothing' : value
  if (Array.isArray(value))
    return value.length === 0 ? 'none' : value.map((item: Json) => renderValue(item, key)).join(' ')
  const parts = Object.entries(value).map(([name, item]) => `${words(name)} ${renderValue(item, name)}`)
  return parts.length === 0 ? 'nothing' : parts.join(', ')
}

function words(name: string): string {
  return name
    .replace(/(Ms|Percent)$/, '')
    .replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
    .trim()
}

function table(rows: readonly (readonly string[])[]): readonly string[] {
  const flat = rows.map((row) => row.map((cell) => cell.replace(/\s+/g, ' ')))
  return alignColumns(flat).map((line) => `  ${line}`)
}

/** On lines of at most 100 columns. */
function wrap(text: string, indent: string, bullet = ''): readonly string[] {
  const lines = wrapWords(text.split(/\s+/).filter(Boolean), WIDTH - indent.length - bullet.length)
  const hanging = ' '.repeat(bullet.length)
  return lines.map((each, index) => `${indent}${index === 0 ? bullet : hanging}${each}`)
}
