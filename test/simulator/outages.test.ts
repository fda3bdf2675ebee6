// Every shipped scenario, with what heald may do in it. To play one: OUTAGE=rack npx tap run test/simulator/outages.test.ts
import { readdirSync } from 'node:fs'
import t, { type Test } from 'tap'
import type { Played, PlayedAct } from '../../src/simulator/outage/play.ts'
import { play, shipped } from '../support/outage/play.ts'

/** What heald may do at most; what is not named is not judged. `up`: to a machine whose kubelet was running. */
interface Allowed {
  readonly acts?: number
  readonly up?: number
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
const OUTAGES: Readonly<Record<string, Allowed>> = {
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
  'flapping-switch': { ...NOTHING, holds: [] },
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
}

const only = process.env.OUTAGE

for (const [name, allowed] of Object.entries(OUTAGES)) {
  if (only !== undefined && only !== name) continue
  const outage = shipped(name)
  t.test(`${name}: ${outage.title}`, async (t) => {
    const played = await play(outage)
    atMost(t, 'acts', played.acts, allowed.acts)
    atMost(t, 'acts on machines that are up', played.acts.filter(isUp), allowed.up)
    atMost(t, 'machines replaced that are up', played.acts.filter(isUp).filter(isReplace), allowed.replacedUp)
    if (allowed.holds !== undefined) t.same(reasons(played), allowed.holds, 'what holds')
    if (allowed.names !== undefined) t.ok(reasons(played).includes(allowed.names), `${allowed.names} holds`)
    if (allowed.cures === true) t.notOk(played.broken.some(({ until }) => until === undefined))
    t.ok(played.timeline.length > 0)
  })
}

t.test('each shipped scenario is in the table', async (t) => {
  const files = readdirSync('examples/outages').map((file) => file.replace(/\.yaml$/, ''))
  t.same(files.sort(), Object.keys(OUTAGES).sort())
})

function atMost(t: Test, what: string, acts: readonly PlayedAct[], most: number | undefined): void {
  if (most === undefined) return
  const list = acts.map(({ at, node, rung }) => `${(at / 60_000).toFixed(1)} ${rung} ${node}`)
  t.ok(acts.length <= most, `${what}: ${acts.length}, allowed ${most}: ${list.join(', ')}`)
}

function isUp({ up }: PlayedAct): boolean {
  return up
}

function isReplace({ rung }: PlayedAct): boolean {
  return rung === 'replace'
}

function reasons({ holds }: Played): readonly string[] {
  return [...new Set(holds.map(({ reason }) => reason))].sort()
}
