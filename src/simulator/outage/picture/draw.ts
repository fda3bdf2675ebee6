import type { Millis } from '../../../core/model/primitives.ts'
import { RUNGS } from '../../../core/model/rungs.ts'
import { formatDuration } from '../../../lib/pure/duration.ts'
import type { PlayedAct } from '../play.ts'
import { someOf } from '../render.ts'
import type { Judged } from '../verdict.ts'
import { type Bar, type Lane, lanesOf } from './lanes.ts'
import { element, type Markup } from './markup.ts'
import { STYLE } from './style.ts'

const WIDTH = 960
const LEFT = 200
const RIGHT = 24
const TOP = 74
const LANE = 28
/** More would be a book. */
const MOST_LANES = 40
const STEPS_MIN = [1, 2, 5, 10, 15, 30, 60, 120, 240, 360, 720, 1_440, 2_880, 10_080, 43_200]
const MOST_TICKS = 10

/** An outage that was played, as the text of an SVG file: a lane per troubled node, its faults, holds and acts as time goes. */
export function drawOutage({ played, verdict, others }: Judged, lastsMs: Millis): string {
  const lanes = lanesOf(played, lastsMs)
  const shown = lanes.slice(0, MOST_LANES)
  const hidden = lanes.slice(MOST_LANES).flatMap(({ nodes }) => nodes).length
  const bottom = TOP + LANE * Math.max(1, shown.length)
  const xOf = (at: Millis): number => LEFT + ((WIDTH - LEFT - RIGHT) * Math.min(at, lastsMs)) / lastsMs
  const lost = [verdict, ...others].map(({ healer, nodeMinutesLost }) => `${healer} ${nodeMinutesLost}`).join(', ')
  const figures = `${verdict.acts} acts, ${verdict.onLiving} on machines that were up, ${verdict.replacedLiving} of these replaced; node-minutes lost: ${lost}`
  const height = bottom + 74
  return element(
    'svg',
    { xmlns: 'http://www.w3.org/2000/svg', width: WIDTH, height, viewBox: `0 0 ${WIDTH} ${height}`, role: 'img' },
    element('title', {}, played.outage),
    STYLE,
    element('rect', { class: 'paper', width: WIDTH, height }),
    element('text', { class: 'head', x: 16, y: 28 }, played.outage),
    element('text', { class: 'quiet', x: 16, y: 48 }, figures),
    ...ticksOf(lastsMs).map((at) => drawTick(xOf(at), bottom, formatDuration(at))),
    ...shown.flatMap((lane, index) => drawLane(lane, TOP + LANE * index, xOf)),
    ...(hidden === 0
      ? []
      : [
          element(
            'text',
            { class: 'quiet', x: 16, y: bottom + 18 },
            `and ${hidden} ${hidden === 1 ? 'node' : 'nodes'} more`,
          ),
        ]),
    ...drawLegend(bottom + 54),
  ).text
}

function ticksOf(lastsMs: Millis): readonly Millis[] {
  const minutes = lastsMs / 60_000
  const step = STEPS_MIN.find((one) => minutes / one <= MOST_TICKS) ?? minutes
  return Array.from({ length: Math.floor(minutes / step) + 1 }, (_, index) => index * step * 60_000)
}

function drawTick(x: number, bottom: number, label: string): Markup {
  return element(
    'g',
    {},
    element('line', { class: 'line', x1: x, x2: x, y1: TOP - 8, y2: bottom }),
    element('text', { class: 'quiet', x, y: bottom + 18, 'text-anchor': 'middle' }, label),
  )
}

function drawLane({ nodes, faults, holds, acts }: Lane, y: number, xOf: (at: Millis) => number): readonly Markup[] {
  const bar =
    (name: string, top: number, height: number) =>
    ({ from, until, text }: Bar): Markup =>
      element(
        'rect',
        { class: name, x: xOf(from), y: y + top, width: Math.max(2, xOf(until) - xOf(from)), height },
        element('title', {}, `${text}: ${formatDuration(from)} to ${formatDuration(until)}`),
      )
  return [
    element(
      'text',
      { x: LEFT - 12, y: y + 15, 'text-anchor': 'end' },
      nodes.length === 0 ? 'everywhere' : someOf(nodes),
    ),
    ...faults.map(bar('fault', 3, 10)),
    ...holds.map(bar('hold', 16, 5)),
    ...acts.map((act) => drawAct(act, xOf(act.at), y + 8)),
  ]
}

function drawAct({ at, node, rung, up }: PlayedAct, x: number, y: number): Markup {
  const what = `${rung} of ${node}${up ? ', which was up' : ''}: ${formatDuration(at)}`
  return element('g', { class: up ? 'act up' : 'act' }, signOf(rung, x, y), element('title', {}, what))
}

/** A sign of its own for each rung: colours alone do not reach everybody. */
function signOf(rung: PlayedAct['rung'], x: number, y: number): Markup {
  switch (rung) {
    case 'start':
      return element('path', { d: `M${fixed(x - 5)} ${y - 6}l10 6l-10 6z` })
    case 'reboot-soft':
      return element('circle', { class: 'hollow', cx: x, cy: y, r: 5 })
    case 'reboot-hard':
      return element('circle', { cx: x, cy: y, r: 5 })
    default:
      return element('path', { d: `M${fixed(x)} ${y - 7}l7 7l-7 7l-7 -7z` })
  }
}

function drawLegend(y: number): readonly Markup[] {
  let x = 16
  const entry = (sign: (x: number) => Markup, text: string): Markup => {
    const drawn = element('g', {}, sign(x + 8), element('text', { class: 'quiet', x: x + 24, y: y + 4 }, text))
    x += 46 + 7 * text.length
    return drawn
  }
  const act =
    (rung: PlayedAct['rung'], name = 'act') =>
    (at: number) =>
      element('g', { class: name }, signOf(rung, at, y))
  return [
    entry((at) => element('rect', { class: 'fault', x: at - 8, y: y - 5, width: 18, height: 10 }), 'trouble'),
    entry((at) => element('rect', { class: 'hold', x: at - 8, y: y - 2, width: 18, height: 5 }), 'heald is held'),
    ...RUNGS.map((rung) => entry(act(rung), rung)),
    entry(act('reboot-hard', 'act up'), 'of a machine that was up'),
  ]
}

function fixed(value: number): string {
  return value.toFixed(1)
}
