import type { Millis } from '../../core/model/primitives.ts'
import { isReboot } from '../../core/model/rungs.ts'
import { castOf, select } from '../outage/cast.ts'
import type { Outage } from '../outage/outage.ts'
import type { Played, PlayedAct } from '../outage/play.ts'
import { nameOf, type Shape } from './shapes.ts'

/** What came of one outage. */
export interface Outcome {
  readonly shape: string
  readonly title: string
  /** Living machines rebooted that no rung could help, and how often the one that was rebooted most. */
  readonly rebooted: number
  readonly rebootedMost: number
  /** Such machines replaced without a person. */
  readonly replaced: number
  /** Such machines replaced that nobody could tell from dead ones: the only ones in trouble for an hour. */
  readonly replacedAlone: number
  /** Node-minutes lost, beyond those that doing nothing loses. */
  readonly lostMore: number
  /** Machines that a rung could mend: so many, mended before the end, and held by a named gate. */
  readonly broken: number
  readonly mended: number
  readonly held: number
}

export function outcomeOf(shape: Shape, outage: Outage, played: Played, nobody: Played): Outcome {
  // A kubelet that runs beside a dead runtime is up, and a reboot is what it needs.
  const living = played.acts.filter(({ up, broken }) => up && !broken)
  const reboots = new Map<string, number>()
  for (const { node, rung } of living) {
    if (isReboot(rung)) reboots.set(node, (reboots.get(node) ?? 0) + 1)
  }
  const replaced = living.filter(({ rung }) => rung === 'replace')
  const alone = replaced.filter((act) => isAlone(act, outage)).length
  const open = played.broken.filter(({ until }) => until === undefined)
  const held = open.filter(({ node, since }) => played.holds.some((hold) => hold.node === node && hold.until > since))
  return {
    ...{ shape: nameOf(shape), title: outage.title },
    rebooted: reboots.size,
    rebootedMost: Math.max(0, ...reboots.values()),
    replaced: replaced.length - alone,
    replacedAlone: alone,
    lostMore: Math.round((played.nodeMinutesLost - nobody.nodeMinutesLost) * 10) / 10,
    broken: played.broken.length,
    mended: played.broken.length - open.length,
    held: held.length,
  }
}

/** It alone is cut off, and none began to fail within an hour of it before the act: nobody could tell it from a dead one. */
function isAlone({ node, at }: PlayedAct, { cluster, events }: Outage): boolean {
  const cast = castOf(cluster)
  const cuts = events.flatMap((event) => (event.what === 'network' ? [event] : []))
  const cut = new Set(cuts.flatMap(({ nodes }) => select(cast, nodes)))
  if (cut.size !== 1 || !cut.has(node)) return false
  const cutAt = Math.min(...cuts.map((event) => event.at))
  return !events.some((event) => {
    if (event.what === 'network' || !('nodes' in event) || !('length' in event.nodes)) return false
    return !event.nodes.includes(node) && event.at < at && Math.abs(event.at - cutAt) <= HOUR_MS
  })
}

const HOUR_MS: Millis = 3_600_000

/** A line per shape, and one for all. */
export function tableOf(outcomes: readonly Outcome[]): readonly (readonly string[])[] {
  const shapes = [...new Set(outcomes.map(({ shape }) => shape))].sort()
  return [
    [
      'shape',
      'outages',
      'with a living machine rebooted',
      'more than once',
      'replaced',
      'alone',
      'lost more than by nobody',
      'mended or held',
    ],
    ...shapes.map((shape) =>
      row(
        shape,
        outcomes.filter((one) => one.shape === shape),
      ),
    ),
    row('all', outcomes),
  ]
}

function row(label: string, outcomes: readonly Outcome[]): readonly string[] {
  const sum = (of: (outcome: Outcome) => number): number => outcomes.reduce((total, one) => total + of(one), 0)
  const share = (part: number, whole: number): string => (whole === 0 ? '-' : `${((100 * part) / whole).toFixed(1)} %`)
  return [
    label,
    String(outcomes.length),
    share(outcomes.filter(({ rebooted }) => rebooted > 0).length, outcomes.length),
    share(outcomes.filter(({ rebootedMost }) => rebootedMost > 1).length, outcomes.length),
    String(sum(({ replaced }) => replaced)),
    String(sum(({ replacedAlone }) => replacedAlone)),
    String(outcomes.filter(({ lostMore }) => lostMore > 0).length),
    share(
      sum(({ mended, held }) => mended + held),
      sum(({ broken }) => broken),
    ),
  ]
}
