import { asError } from '../../lib/errors.ts'
import { fieldsOf, listOf, textOf } from '../api/objects.ts'
import type { MachineFault } from '../cluster/machine.ts'
import { elapsed } from './chronicle.ts'
import { SCENES } from './scenes.ts'
import { phaseOfStored, rungsOf, type Stage } from './stage.ts'

/** What the demo did, for programs. */
export interface StoryFacts {
  readonly ok: boolean
  readonly tookSeconds: number
  readonly scenes: readonly SceneFacts[]
  readonly repairs: readonly RepairFacts[]
  readonly heldZone: unknown
}

interface SceneFacts {
  readonly scene: string
  readonly ok: boolean
  readonly tookSeconds: number
  readonly error?: string
  readonly [fact: string]: unknown
}

interface RepairFacts {
  readonly name: string
  readonly node: string
  readonly phase: string
  readonly rungs: readonly { readonly rung: string; readonly state: string }[]
  readonly skipped: readonly unknown[]
  readonly message: string
}

/** Plays every scene once. A scene that does not come to its end in time is told, and the next one is played. */
export async function playStory(stage: Stage): Promise<StoryFacts> {
  const { narrator, clock } = stage
  const startedAt = clock.now()
  const scenes: SceneFacts[] = []
  for (const [index, scene] of SCENES.entries()) {
    const began = clock.now()
    const seconds = (): number => Math.round((clock.now() - began) / 100) / 10
    narrator.heading(`${index + 1} of ${SCENES.length}  ${scene.title}`)
    try {
      const facts = await scene.play(stage)
      scenes.push({ scene: scene.name, ok: true, tookSeconds: seconds(), ...facts })
    } catch (thrown) {
      stage.signal.throwIfAborted()
      const { message } = asError(thrown)
      narrator.line('failed', message)
      scenes.push({ scene: scene.name, ok: false, tookSeconds: seconds(), error: message })
    }
  }
  const ok = scenes.every((scene) => scene.ok)
  narrator.heading(ok ? 'The end' : 'The end, not as it should be')
  const repairs = repairFacts(stage)
  narrator.table([
    ['node', 'rungs, in order', 'result'],
    ...repairs.map(({ node, rungs, phase, message }) => [
      node,
      rungs.map(({ rung }) => rung).join(' → '),
      `${phase}: ${message}`,
    ]),
  ])
  narrator.blank()
  narrator.aside(`${repairs.length} repairs in ${elapsed(clock.now() - startedAt)}, one NodeRepair object each.`)
  const heldZone = scenes.find((scene) => scene.heldZone !== undefined)?.heldZone ?? null
  return { ok, tookSeconds: Math.round((clock.now() - startedAt) / 100) / 10, scenes, repairs, heldZone }
}

/** Breaks something from time to time until the signal ends it. */
export async function playOn(stage: Stage, random: () => number): Promise<void> {
  const { narrator, machines, clock, signal } = stage
  narrator.heading('From here on: a random fault every 20 seconds. Ctrl-C ends it.')
  while (!signal.aborted) {
    await clock.sleep(20_000, signal).catch(() => undefined)
    if (signal.aborted) return
    const names = [...new Set(machines.all().map((machine) => machine.spec.name))]
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

const FAULTS: readonly { readonly kind: MachineFault | 'off' | 'hung'; readonly text: string }[] = [
  { kind: 'kubelet-dead', text: 'its kubelet dies' },
  { kind: 'runtime-dead', text: 'its container runtime dies; the kubelet says so itself' },
  { kind: 'off', text: 'it is switched off' },
  { kind: 'hung', text: 'it hangs, like a paused virtual machine' },
]

function repairFacts({ api }: Stage): readonly RepairFacts[] {
  return api.store
    .list('noderepairs')
    .map((repair) => ({
      name: repair.metadata.name,
      node: textOf(fieldsOf(repair.spec).nodeName),
      phase: phaseOfStored(repair),
      rungs: rungsOf(repair),
      skipped: listOf(fieldsOf(repair.status).skipped),
      message: textOf(fieldsOf(repair.status).message),
      startedAt: repair.metadata.creationTimestamp,
    }))
    .sort((a, b) => (a.startedAt < b.startedAt ? -1 : 1))
    .map(({ startedAt: _, ...facts }) => facts)
}
