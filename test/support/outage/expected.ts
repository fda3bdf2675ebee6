import type { Played, PlayedAct } from '../../../src/simulator/outage/play.ts'

/** What heald may do at most; what is not named is not judged. `up`: to a machine whose kubelet was running. */
export interface Allowed {
  readonly acts?: number
  readonly up?: number
  readonly upMasters?: number
  readonly replacedUp?: number
  /** These reasons, and no others, held somebody. */
  readonly holds?: readonly string[]
  /** Among those that held somebody. */
  readonly names?: string
  /** All machines that only a rung could mend are mended before the end. */
  readonly cures?: true
}

const NOTHING: Allowed = { acts: 0, up: 0, replacedUp: 0 }

/** The rows of "what was seen" come first; those without figures are still to be mended. */
export const OUTAGES: Readonly<Record<string, Allowed>> = {
  rack: { up: 1, replacedUp: 0, names: 'CanaryFailed' },
  'ten-pools': { ...NOTHING },
  'three-and-three': { ...NOTHING },
  'one-and-three': { ...NOTHING },
  'unlabelled-zone': { ...NOTHING },
  // The one node is truly broken: its runtime.
  'blind-probes': { up: 2, replacedUp: 0, names: 'OnePlane' },
  // It is alone, and stays silent through a reboot that the cloud proves: nobody can use it.
  'one-cut-off': { up: 2, replacedUp: 1 },
  'cloud-says-off': { ...NOTHING, names: 'CloudContradicted' },
  'cloud-says-gone': { ...NOTHING, names: 'CloudContradicted' },
  'api-overload': { up: 1, replacedUp: 0, names: 'HeartbeatsLate' },
  'rolling-upgrade': { up: 2, replacedUp: 0, holds: ['SerialCause'] },
  'disk-storms': { up: 8, replacedUp: 0, names: 'RungSpent' },
  'replacement-fails': { acts: 3, up: 0, names: 'Parked' },
  'power-cut': { up: 0, cures: true },
  zone: { ...NOTHING, holds: ['MasterNotAlone', 'ZoneDown'] },
  'all-silent': { ...NOTHING, holds: ['BreakerOpen', 'MassSilence', 'MasterNotAlone'] },
  certificates: { ...NOTHING, holds: ['HeartbeatsLate', 'MassSilence'] },
  'half-late': { ...NOTHING, holds: ['HeartbeatsLate'] },
  'only-heald': { ...NOTHING, holds: [] },
  'restored-control-plane': { ...NOTHING, holds: ['BreakerOpen', 'MasterNotAlone'] },
  'cloud-away': { ...NOTHING, holds: ['CloudUnavailable'] },
  'wrong-clock': { ...NOTHING, holds: ['ClockSkew'] },
  autoscaler: { ...NOTHING, holds: ['AutoscalerDeleting'] },
  'cordoned-upgrade': { ...NOTHING, holds: ['CordonedByOther'] },
  'dead-kubelet': { acts: 1, up: 0, replacedUp: 0, holds: [], cures: true },
  'two-racks': { replacedUp: 0 },
  'flapping-switch': { ...NOTHING, holds: ['FlappingTogether'] },
  'lossy-rack': NOTHING,
  'one-way': { ...NOTHING, holds: [] },
  'slow-cloud': { ...NOTHING, holds: ['CloudUnavailable'] },
  'stale-cloud': { up: 0, cures: true },
  'cloud-says-error': { ...NOTHING, names: 'CloudContradicted' },
  'three-kubelets': { acts: 3, up: 0, cures: true },
  'dead-machine': { acts: 3, up: 0, cures: true },
  'dead-master': { acts: 1, up: 0, cures: true },
  'master-off': { acts: 1, up: 0, cures: true },
  'api-restarts': { ...NOTHING, holds: [] },
  'somebody-reboots': { ...NOTHING, holds: [] },
  'cordoned-first': { ...NOTHING, holds: ['CordonedByOther'] },
  'dead-within-a-partition': { acts: 1, up: 0, cures: true },
  // From here on each stands for one rule by itself: `npm run mends`.
  'two-cut-off': { up: 2, replacedUp: 0, names: 'OnlyUnheard' },
  'one-of-each-pool': { ...NOTHING, names: 'SmallPoolNotAlone' },
  'master-in-a-rack': { up: 1, upMasters: 0, replacedUp: 0, names: 'MasterNotAlone' },
  'etcd-only': { ...NOTHING, holds: ['CordonedByOther', 'QuorumAtRisk'] },
  'blind-and-refused': { up: 1, replacedUp: 0, names: 'OnePlane' },
  'deaf-node': { up: 2, replacedUp: 0, names: 'OnePlane' },
  'cloud-wrong-about-one': { ...NOTHING, names: 'CloudContradicted' },
  'silent-and-called-off': { ...NOTHING, names: 'CloudContradicted' },
  'gone-for-a-moment': { up: 1, replacedUp: 0, names: 'GoneNotYet' },
  'three-gone': { ...NOTHING, names: 'CloudBlamed' },
  'mute-node': { up: 1, replacedUp: 0, names: 'HeartbeatsLate' },
  'hand-rebooted': { ...NOTHING, names: 'BootedByOther' },
  'flapping-node': { acts: 1, up: 1, replacedUp: 0, cures: true },
  'flapping-api': { ...NOTHING, holds: ['CloudNotAsked', 'FlappingTogether', 'MassSilence'] },
  'flapping-zone': { ...NOTHING, holds: ['ZoneDown'] },
  // Rests, while the cloud can be asked again.
  flapped: { ...NOTHING, holds: ['CloudUnavailable'] },
  'bad-image': { acts: 2, up: 0, names: 'CanaryFailed' },
}

/** What heald did in it and may not, or left undone, one line each. */
export function mistakes(played: Played, allowed: Allowed): readonly string[] {
  const { acts, broken } = played
  const up = acts.filter(isUp)
  const held = reasons(played)
  const { holds, names } = allowed
  return [
    ...tooMany('acts', acts, allowed.acts),
    ...tooMany('acts on machines that are up', up, allowed.up),
    ...tooMany('acts on control-plane machines that are up', up.filter(isMaster), allowed.upMasters),
    ...tooMany('machines replaced that are up', up.filter(isReplace), allowed.replacedUp),
    ...(holds === undefined || held.join() === holds.join() ? [] : [`held by ${held}; expected ${holds}`]),
    ...(names === undefined || held.includes(names) ? [] : [`${names} held nobody; ${held} did`]),
    ...(allowed.cures && broken.some(({ until }) => until === undefined) ? ['a broken machine was not mended'] : []),
  ]
}

function tooMany(what: string, acts: readonly PlayedAct[], most: number | undefined): readonly string[] {
  if (most === undefined || acts.length <= most) return []
  const list = acts.map(({ at, node, rung }) => `${(at / 60_000).toFixed(1)} ${rung} ${node}`)
  return [`${what}: ${acts.length}, allowed ${most}: ${list.join(', ')}`]
}

function isUp({ up }: PlayedAct): boolean {
  return up
}

function isMaster({ node }: PlayedAct): boolean {
  return node.startsWith('m')
}

function isReplace({ rung }: PlayedAct): boolean {
  return rung === 'replace'
}

function reasons({ holds }: Played): readonly string[] {
  return [...new Set(holds.map(({ reason }) => reason))].sort()
}
