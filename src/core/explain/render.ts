import { alignColumns, wrapWords } from '../../lib/pure/columns.ts'
import { formatDuration } from '../../lib/pure/duration.ts'
import type { Json, Millis } from '../model/primitives.ts'
import type { Explanation, GateResult } from '../model/view.ts'
import { plural } from '../round/gate.ts'

const HEADLINES: Readonly<Record<Explanation['kind'], string>> = {
  'unknown-node': 'not known',
  healthy: 'healthy',
  watch: 'failing, not due yet',
  hold: 'HELD',
  repair: 'REPAIR',
}

export interface Rendering {
  /** The clock of `changesAt`: with it, moments at which gates change by themselves are told as durations. */
  readonly now?: Millis | undefined
  /** Who leads, where it is not the replica that explains. Empty: nobody. */
  readonly leader?: string | undefined
  /** What passes is shown too, not only counted. */
  readonly all?: boolean
  /** Columns of a line; a longer word stays whole. Default 100. */
  readonly width?: number
}

/**
 * The one text of `heald why NODE` and of /why/NODE: the verdict, what does not pass, what holds, what would change the
 * answer.
 */
export function renderExplanation(
  explanation: Explanation,
  { now, leader, all = false, width = 100 }: Rendering = {},
): string {
  const { kind, repair, changes } = explanation
  const isWell = kind === 'healthy'
  const checks = explanation.checks.filter(({ status }) => all || status !== 'pass')
  // The gates of a healthy node say what would be if it began to fail now: nobody asked for that.
  const gates = explanation.gates.filter(({ pass }) => all || !(pass || isWell))
  const gateWidth = Math.max(0, ...gates.map(({ gate }) => gate.length))
  const sections = [
    leader === undefined ? [] : wrap(observing(leader), '', width),
    wrap(headline(explanation), '', width),
    checks.length === 0 ? [] : [all ? 'Checks' : 'Checks that do not pass', ...table(checks.map(checkRow))],
    gates.length === 0
      ? []
      : [gatesTitle(explanation, all), ...gates.flatMap((gate) => gateLines(gate, gateWidth, width, now))],
    repair === undefined
      ? []
      : [
          'Repair',
          ...wrap(
            [`${repair.name}: ${repair.phase}`, repair.reason, repair.message].filter(Boolean).join(': '),
            '  ',
            width,
          ),
        ],
    changes.length === 0 || (isWell && !all)
      ? []
      : ['What would change the answer', ...changes.flatMap((change) => wrap(change, '  ', width, '- '))],
    all ? [] : folded(explanation),
  ]
  const text = sections.filter((lines) => lines.length > 0).map((lines) => lines.join('\n'))
  // Reasons come from kubelets and clouds: no escape sequence of theirs reaches the reader's terminal.
  return `${text.join('\n\n').replace(/[^\P{Cc}\n]/gu, ' ')}\n`
}

function observing(leader: string): string {
  const who = leader === '' ? 'nobody leads' : `${leader} leads`
  return `this replica observes; ${who}: what follows is what this replica sees itself`
}

/** What holds is told once, with its numbers, where the gates are. */
function headline({ node, kind, rung, summary, gates }: Explanation): string {
  const holding = gates.filter(({ pass }) => !pass).map(({ gate }) => gate)
  if (kind !== 'hold' || holding.length === 0) return `${node}: ${HEADLINES[kind]}: ${summary}`
  const next = rung === undefined ? '' : `; ${rung} comes when nothing holds`
  return `${node}: ${HEADLINES[kind]} by ${holding.join(', ')}${next}`
}

function gatesTitle({ kind, gates }: Explanation, all: boolean): string {
  if (!all) return 'Gates that hold'
  const held = gates.filter((gate) => !gate.pass).length
  const when = kind === 'healthy' ? ', if it began to fail now' : ''
  return held === 0 ? `Gates (all ${gates.length} pass${when})` : `Gates (${held} of ${gates.length} hold${when})`
}

/** What is not shown is counted. */
function folded({ kind, checks, gates }: Explanation): readonly string[] {
  const passing = checks.filter(({ status }) => status === 'pass').length
  const open = kind === 'healthy' ? 0 : gates.filter(({ pass }) => pass).length
  const told = [passing === 0 ? '' : plural(passing, 'check'), open === 0 ? '' : plural(open, 'gate')].filter(Boolean)
  if (told.length === 0) return []
  return [`${told.join(' and ')} ${passing + open === 1 ? 'passes' : 'pass'}: --all shows what passes too`]
}

function checkRow(row: Explanation['checks'][number]): readonly string[] {
  const { check, status, reason, message = '', failingForMs, needMs } = row
  const since =
    failingForMs === undefined || message !== ''
      ? message
      : `failing for ${formatDuration(failingForMs)} of ${formatDuration(needMs)}`
  return [status === 'pass' ? 'pass' : status.toUpperCase(), check, reason, since]
}

function gateLines(result: GateResult, nameWidth: number, width: number, now: Millis | undefined): readonly string[] {
  const { gate, pass, reason, message, have, need, changesAt } = result
  const told = [reason === 'Ok' || reason === '' ? '' : reason, message].filter(Boolean).join(': ')
  const head = `  ${pass ? 'ok  ' : 'HOLD'}  ${gate.padEnd(nameWidth)}`
  const indent = ' '.repeat(head.length + 2)
  const numbers = [
    have === null ? '' : `have ${renderValue(have)}`,
    need === null ? '' : `need ${renderValue(need)}`,
    !pass && changesAt !== undefined && now !== undefined
      ? `changes in ${formatDuration(Math.max(0, changesAt - now))}`
      : '',
  ].filter(Boolean)
  const [first = '', ...rest] = [...wrap(told, indent, width), ...wrap(numbers.join('; '), indent, width)]
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

function wrap(text: string, indent: string, width: number, bullet = ''): readonly string[] {
  const lines = wrapWords(text.split(/\s+/).filter(Boolean), width - indent.length - bullet.length)
  const hanging = ' '.repeat(bullet.length)
  return lines.map((each, index) => `${indent}${index === 0 ? bullet : hanging}${each}`)
}
