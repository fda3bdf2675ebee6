import type { Millis } from '../../core/model/primitives.ts'
import { plural } from '../../core/round/gate.ts'
import { asError } from '../../lib/errors.ts'
import { listOf, recordOf, textOrEmpty } from '../../lib/pure/json.ts'
import type { MachineFault } from '../cluster/machine.ts'
import { SETTINGS_SHOWN } from './cast.ts'
import { elapsed } from './chronicle.ts'
import { SCENES, type SceneFacts } from './scenes.ts'
import { isReady, phaseOfStored, type RungFacts, rungsOf, type Stage, type WithStore } from './stage.ts'

/** What the demo did, for programs. */
export interface StoryFacts {
  readonly ok: boolean
  readonly tookSeconds: number
  readonly settings: readonly { readonly setting: string; readonly here: string; readonly usually: string }[]
  readonly scenes: readonly PlayedScene[]
  readonly repairs: readonly RepairFacts[]
  readonly heldZone: unknown
}

interface PlayedScene extends SceneFacts {
  readonly scene: string
  readonly ok: boolean
  /** Of the demo, in seconds. */
  readonly beganAt: number
  readonly tookSeconds: number
  readonly error?: string
}

interface RepairFacts {
  readonly name: string
  readonly node: string
  readonly phase: string
  readonly startedAt: string
  readonly finishedAt: string
  readonly rungs: readonly RungFacts[]
  readonly skipped: readonly unknown[]
  readonly message: string
}

/** Plays every scene once. A scene that does not come to its end in time is told, and the next one is played. */
export async function playStory(stage: Stage): Promise<StoryFacts> {
  const { narrator, clock } = stage
  const startedAt = clock.now()
  const scenes: PlayedScene[] = []
  const secondsSince = (moment: Millis): number => Math.round((clock.now() - moment) / 100) / 10
  let heldZone: unknown = null
  for (const [index, scene] of SCENES.entries()) {
    const began = clock.now()
    const played = { scene: scene.name, beganAt: secondsSince(startedAt) }
    narrator.heading(`${index + 1} of ${SCENES.length}  ${scene.title}`)
    try {
      const { heldZone: zone, ...facts } = await scene.play(stage)
      heldZone ??= zone
      scenes.push({ ...played, ok: true, tookSeconds: secondsSince(began), ...facts })
    } catch (thrown) {
      stage.signal.throwIfAborted()
      const { message } = asError(thrown)
      narrator.line('failed', message)
      const nothing = { nodes: [], cloudCalls: 0 }
      scenes.push({ ...played, ok: false, tookSeconds: secondsSince(began), ...nothing, error: message })
    }
  }
  const ok = scenes.every((scene) => scene.ok)
  narrator.heading(ok ? 'The end' : 'The end, not as it should be')
  const repairs = repairFacts(stage)
  narrator.table([
    ['node', 'what heald did', 'cloud calls', 'took', 'result'],
    ...scenes.map((scene) => endRow(scene, repairs)),
  ])
  narrator.blank()
  narrator.aside(sumUp(stage, startedAt))
  const [, ...rows] = SETTINGS_SHOWN
  const settings = rows.map(([setting, here, usually]) => ({ setting, here, usually }))
  return { ok, tookSeconds: secondsSince(startedAt), settings, scenes, repairs, heldZone }
}

/** The last line: what came of all that was broken. */
export function sumUp(stage: WithStore & Pick<Stage, 'cloud' | 'clock'>, startedAt: Millis): string {
  const { api, cloud, clock } = stage
  const phases = new Map<string, number>()
  for (const repair of api.store.list('noderepairs')) {
    phases.set(phaseOfStored(repair), (phases.get(phaseOfStored(repair)) ?? 0) + 1)
  }
  const ended = [...phases].map(([phase, number]) => `${number} ${phase}`).join(', ')
  const count = [...phases.values()].reduce((sum, number) => sum + number, 0)
  const calls = plural(cloud.acts().length, 'call')
  const repairs = count === 0 ? 'no repair' : `${plural(count, 'repair')} (${ended}), one NodeRepair object each`
  return `${repairs}, and ${calls} to the cloud in ${elapsed(clock.now() - startedAt)}.`
}

function endRow(scene: PlayedScene, repairs: readonly RepairFacts[]): readonly string[] {
  const { nodes, heldBy = [], cloudCalls, tookSeconds, error } = scene
  const repair = repairs.find(({ name }) => name === scene.repair)
  const did = [
    heldBy.length === 0 ? '' : `held by ${heldBy.join(', ')}`,
    repair?.rungs.map(({ rung }) => rung).join(' → ') ?? '',
  ]
  return [
    nodes.length > 1 ? `${nodes[0]} to ${nodes.at(-1)}` : (nodes[0] ?? scene.scene),
    did.filter(Boolean).join(', then '),
    String(cloudCalls),
    `${tookSeconds.toFixed(1)}s`,
    error ?? repair?.phase ?? 'left alone',
  ]
}

/** Breaks something from time to time until the signal ends it. */
export async function playOn(stage: Stage, random: () => number): Promise<void> {
  const { narrator, machines, clock, signal } = stage
  narrator.heading('From here on: a random fault every 20 seconds. Ctrl-C ends it.')
  while (!signal.aborted) {
    await clock.sleep(20_000, signal).catch(() => undefined)
    if (signal.aborted) return
    // As many at once as the breaker lets pass: a cluster that stays broken, by a pause or by hand, is no show.
    const names = [...new Set(machines.all().map((machine) => machine.spec.name))]
    if (names.filter((name) => !isReady(stage, name)).length >= MOST_BROKEN) continue
    const name = names[Math.floor(random() * names.length)]
    const fault = FAULTS[Math.floor(random() * FAULTS.length)]
    if (name === undefined || fault === undefined) return
    narrator.blank()
    narrator.line('fault', `${name}: ${fault.text}`)
    if (fault.kind === 'off') machines.powerOff(name)
    else if (fault.kind === 'hung') machines.pause(name)
    else machines.break(name, fault.kind)
  }
}

const MOST_BROKEN = 2

const FAULTS: readonly { readonly kind: MachineFault | 'off' | 'hung'; readonly text: string }[] = [
  { kind: 'kubelet-dead', text: 'its kubelet dies' },
  { kind: 'runtime-dead', text: 'its container runtime dies; the kubelet says so itself' },
  { kind: 'off', text: 'it is switched off' },
  { kind: 'hung', text: 'it hangs, like a paused virtual machine' },
]

function repairFacts({ api, chronicle }: Stage): readonly RepairFacts[] {
  return api.store
    .list('noderepairs')
    .map((repair) => ({
      name: repair.metadata.name,
      node: textOrEmpty(recordOf(repair.spec).nodeName),
      phase: phaseOfStored(repair),
      startedAt: textOrEmpty(recordOf(repair.status).startedAt),
      finishedAt: textOrEmpty(recordOf(repair.status).finishedAt),
      rungs: rungsOf(repair, chronicle),
      skipped: listOf(recordOf(repair.status).skipped),
      message: textOrEmpty(recordOf(repair.status).message),
    }))
    .sort((a, b) => (a.startedAt < b.startedAt ? -1 : 1))
}
