import { PAUSED_ANNOTATION } from '../../core/annotations/pause.ts'
import type { Explanation } from '../../core/model/view.ts'
import { recordOf } from '../../lib/pure/json.ts'
import { isReady, repairsOf, SETTINGS_PATH, type Stage, waitFor, waitForRepair } from './stage.ts'

export interface Scene {
  readonly name: string
  readonly title: string
  play(stage: Stage): Promise<SceneFacts>
}

/** What happened in a scene; facts beyond these are for --json. */
export interface SceneFacts {
  readonly nodes: readonly string[]
  /** Requests to the cloud that change something: one for a start or a reboot, three for a replacement. */
  readonly cloudCalls: number
  /** Name of the NodeRepair that ended the fault. */
  readonly repair?: string
  readonly heldBy?: readonly string[]
  readonly [fact: string]: unknown
}

const LIMIT_MS = 40_000
/** How long heald is watched doing nothing. */
const HELD_MS = 3_000
const PAUSED_MS = 2_000
const MERGE = { contentType: 'application/merge-patch+json' }

export const SCENES: readonly Scene[] = [
  {
    name: 'dead-kubelet',
    title: 'A kubelet dies: its machine is rebooted',
    async play(stage) {
      const node = 'worker-a-1'
      stage.narrator.line('fault', `the kubelet on ${node} crashes and stays down; the machine itself still runs`)
      return repaired(stage, node, () => stage.machines.break(node, 'kubelet-dead'))
    },
  },
  {
    name: 'powered-off',
    title: 'A machine is switched off: it is started, and nothing else',
    async play(stage) {
      const node = 'worker-b-2'
      stage.narrator.line('fault', `somebody switches ${node} off`)
      return repaired(stage, node, () => stage.machines.powerOff(node))
    },
  },
  {
    name: 'broken-disk',
    title: 'A machine that no reboot cures: one rung after the other, then a new machine',
    async play(stage) {
      const node = 'worker-c-3'
      const old = stage.machines.get(node).id
      stage.narrator.line(
        'fault',
        `the disk of ${node} (instance ${old}) rots: its kubelet can never start there again`,
      )
      const facts = await repaired(stage, node, () => stage.machines.break(node, 'kubelet-broken'))
      return { ...facts, replaced: old, by: stage.machines.get(node).id }
    },
  },
  {
    name: 'master',
    title: 'A control-plane node fails: repaired, because the quorum is kept',
    async play(stage) {
      const node = 'master-b'
      stage.narrator.line('fault', `the kubelet on ${node} dies; master-a and master-c are well`)
      return repaired(stage, node, () => stage.machines.break(node, 'kubelet-dead'))
    },
  },
  {
    name: 'half-a-zone',
    title: 'Most of a zone falls silent: heald keeps its hands off',
    play: playZone,
  },
  {
    name: 'pause-resume',
    title: 'Pause and resume: a person has the last word',
    play: playPause,
  },
]

async function playZone(stage: Stage): Promise<SceneFacts> {
  const { narrator, machines } = stage
  const nodes = ['worker-b-1', 'worker-b-2', 'worker-b-3']
  const [first = ''] = nodes
  const calls = countCalls(stage)
  const repairs = (): number => stage.api.store.list('noderepairs').length
  const before = repairs()
  narrator.line('fault', `a switch in zone b dies: ${nodes.join(', ')} are cut off at the same moment`)
  for (const node of nodes) machines.break(node, 'network-cut')
  await waitFor(stage, `heald holds ${first}`, LIMIT_MS, () =>
    nodes.every((node) => isHeldByMany(heldBy(stage.why(node)))),
  )
  const { gates: all, changes } = stage.why(first)
  const gates = all.filter(({ pass }) => !pass).map(({ gate, message }) => ({ gate, message }))
  narrator.line('holds', `all three have failed long enough; ${gates.length} of ${all.length} gates say no to each`)
  for (const { gate, message } of gates) narrator.line('holds', `${gate}: ${message}`)
  narrator.line('why', `what would change the answer: ${changes.join('; ')}`)
  narrator.line('story', 'machines that fail together most likely have one cause, which no reboot of theirs would mend')
  await stage.clock.sleep(HELD_MS, stage.signal)
  const opened = repairs() - before
  narrator.line(
    'story',
    `${HELD_MS / 1_000}s after these repairs would have begun: ${calls()} calls to the cloud, ${opened} NodeRepairs`,
  )
  narrator.line('person', 'mends the switch')
  for (const node of nodes) machines.mend(node, 'network-cut')
  await waitFor(stage, 'zone b is back', LIMIT_MS, () =>
    nodes.every((node) => isReady(stage, node) && stage.why(node).kind === 'healthy'),
  )
  const heldZone = {
    zone: 'b',
    nodes,
    acts: calls(),
    nodeRepairs: repairs() - before,
    gates,
    changes,
  }
  narrator.line('done', `zone b is Ready again; calls to the cloud in all: ${heldZone.acts}`)
  return { nodes, cloudCalls: heldZone.acts, heldBy: gates.map(({ gate }) => gate), heldZone }
}

async function playPause(stage: Stage): Promise<SceneFacts> {
  const { narrator, machines } = stage
  const node = 'worker-a-2'
  const calls = countCalls(stage)
  const before = repairsOf(stage, node).length
  narrator.line('person', 'annotates the ConfigMap, as `heald pause --for 10m --reason "kernel upgrade"` does')
  setPause(stage, '10m: kernel upgrade')
  narrator.line('fault', `the kubelet on ${node} dies during the upgrade`)
  machines.break(node, 'kubelet-dead')
  await waitFor(stage, `heald holds ${node}`, LIMIT_MS, () => heldBy(stage.why(node)).includes('Paused'))
  const { gates } = stage.why(node)
  narrator.line('holds', `Paused: ${gates.find(({ gate }) => gate === 'Paused')?.message}`)
  await stage.clock.sleep(PAUSED_MS, stage.signal)
  const cloudCallsWhilePaused = calls()
  narrator.line(
    'story',
    `${PAUSED_MS / 1_000}s later: the failure has lasted long enough to repair, but the pause holds it: ${cloudCallsWhilePaused} calls to the cloud`,
  )
  narrator.line('person', 'takes the annotation away, as `heald resume` does')
  setPause(stage, null)
  const repair = await waitForRepair(stage, node, LIMIT_MS, before)
  const isCordoned = (): boolean => recordOf(stage.api.store.get('nodes', node)?.spec).unschedulable === true
  await waitFor(stage, `heald uncordons ${node}`, LIMIT_MS, () => !isCordoned())
  return { nodes: [node], repair, cloudCalls: calls(), heldBy: ['Paused'], cloudCallsWhilePaused }
}

/** Breaks a node and follows heald until the repair has succeeded. */
async function repaired(stage: Stage, node: string, fault: () => void): Promise<SceneFacts> {
  const before = repairsOf(stage, node).length
  const calls = countCalls(stage)
  fault()
  const repair = await waitForRepair(stage, node, LIMIT_MS, before)
  return { nodes: [node], repair, cloudCalls: calls() }
}

/** Changing requests at the cloud from now on. */
function countCalls({ cloud }: Stage): () => number {
  const before = cloud.acts().length
  return () => cloud.acts().length - before
}

function setPause({ api }: Stage, value: string | null): void {
  api.call('PATCH', SETTINGS_PATH, { metadata: { annotations: { [PAUSED_ANNOTATION]: value } } }, MERGE)
}

/** Until the heartbeat is stale, it contradicts whoever says that nothing is heard. */
function isHeldByMany(gates: readonly string[]): boolean {
  return gates.length > 0 && !gates.includes('Witness')
}

/** The gates that say no to a repair that is due; none while it is not. */
function heldBy({ kind, gates }: Explanation): readonly string[] {
  return kind === 'hold' ? gates.filter(({ pass }) => !pass).map(({ gate }) => gate) : []
}
