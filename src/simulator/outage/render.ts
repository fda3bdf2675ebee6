import { alignColumns } from '../../lib/pure/columns.ts'
import { formatDuration } from '../../lib/pure/duration.ts'
import type { Entry } from './play.ts'
import type { Judged, Verdict } from './verdict.ts'

const NAMES_SHOWN = 3
const ROW_MS = 60_000

/** The story of an outage for a terminal: what happened, then the figures. `seed` of random losses. */
export function renderOutage({ played, verdict, others }: Judged): string {
  const lines = [played.outage, '─'.repeat(Math.min(100, played.outage.length))]
  lines.push(
    ...alignColumns(gather(played.timeline).map(({ at, who, nodes, text }) => [time(at), who, someOf(nodes), text])),
  )
  return `${[...lines, '', ...figures([verdict, ...others])].join('\n')}\n`
}

/** What happens to many nodes within a minute, in the same words, is one line. */
function gather(timeline: readonly Entry[]): readonly Entry[] {
  const lines: { at: number; who: Entry['who']; nodes: string[]; text: string }[] = []
  for (const { at, who, nodes, text } of timeline) {
    const same = lines.findLast((line) => line.who === who && line.text === text && at - line.at < ROW_MS)
    if (same === undefined) lines.push({ at, who, nodes: [...nodes], text })
    else same.nodes.push(...nodes)
  }
  return lines
}

/** The first of them by name, and how many more there are. */
export function someOf(nodes: readonly string[]): string {
  if (nodes.length <= NAMES_SHOWN + 1) return nodes.join(', ')
  return `${nodes.slice(0, NAMES_SHOWN).join(', ')} and ${nodes.length - NAMES_SHOWN} more`
}

function time(ms: number): string {
  return formatDuration(Math.round(ms / 1_000) * 1_000).padStart(9)
}

function figures(verdicts: readonly Verdict[]): readonly string[] {
  const row = (label: string, of: (verdict: Verdict) => string | number): readonly string[] => [
    label,
    ...verdicts.map((verdict) => String(of(verdict))),
  ]
  const [first] = verdicts
  const hold = first?.longestHold
  return [
    ...alignColumns(
      [
        row('', ({ healer }) => healer),
        row('acts', ({ acts }) => acts),
        row('on machines that were up', ({ onLiving }) => onLiving),
        row('machines replaced that were up', ({ replacedLiving }) => replacedLiving),
        row('node-minutes lost', ({ nodeMinutesLost }) => nodeMinutesLost),
        row('machines that needed a hand', ({ broken }) => broken.machines),
        row('of them mended', ({ broken }) => broken.mended),
        row('longest until mended', ({ broken }) =>
          broken.longestMs === undefined ? '-' : time(broken.longestMs).trim(),
        ),
      ],
      '   ',
    ),
    ...(hold === undefined
      ? []
      : [
          '',
          `longest hold: ${hold.node} for ${time(hold.until - hold.since).trim()} by ${hold.gate} (${hold.reason})`,
        ]),
  ]
}
