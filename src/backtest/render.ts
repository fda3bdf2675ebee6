import { alignColumns } from '../lib/pure/columns.ts'
import { formatDuration } from '../lib/pure/duration.ts'
import { rfc3339 } from '../lib/pure/rfc3339.ts'
import type { Backtest, BacktestDifference } from './backtest.ts'
import type { Said } from './differences.ts'

/** For a terminal: a line per difference, each with what was said and what would have been. */
export function renderBacktest(result: Backtest): string {
  const { files, from, until, differences, dropped, problems } = result
  const lines = problems.map((problem) => `note: ${problem}`)
  if (from === undefined || until === undefined)
    return `${[...lines, 'nothing was decided in this record'].join('\n')}\n`
  const lasts = formatDuration(Math.round((until - from) / 1_000) * 1_000)
  lines.push(`${files} ${files === 1 ? 'file' : 'files'}, ${rfc3339(from)} to ${rfc3339(until)} (${lasts})`)
  if (differences.length === 0) return `${[...lines, 'no difference'].join('\n')}\n`
  const rows = differences.map((one) => [
    `${one.afterAct ? '~' : ' '} ${rfc3339(one.from)}`,
    one.node,
    inWords(one.recorded),
    inWords(one.other),
    lasted(one),
  ])
  lines.push(...alignColumns([['  TIME', 'NODE', 'RECORDED', 'THIS POLICY', 'FOR'], ...rows]))
  if (dropped > 0) lines.push(`and ${dropped} more`)
  if (differences.some(({ afterAct }) => afterAct)) {
    lines.push(
      '',
      '~ One of the two has acted before, the other has not: from there on the world would have gone on in another way.',
      '  What stands there is what this policy says of the world as it was recorded.',
    )
  }
  return `${lines.join('\n')}\n`
}

function inWords(said: Said): string {
  if (said.do === 'act') return `act ${said.rung}`
  return said.do === 'hold' ? `hold ${said.gate}: ${said.reason}` : 'nothing'
}

function lasted({ from, until }: BacktestDifference): string {
  return until === undefined ? 'the rest' : formatDuration(Math.round((until - from) / 1_000) * 1_000)
}
