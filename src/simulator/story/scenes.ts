import type { Explanation } from '../../core/view.ts'
import { isReady, repairsOf, SETTINGS_PATH, type Stage, waitFor, waitForRepair } from './stage.ts'

export interface Scene {
  readonly name: string
  readonly title: string
  /** Facts beyond the repairs, for --json. */
  play(stage: Stage): Promise<Readonly<Record<string, unknown>>>
}

const LIMIT_MS = 40_000
/** How long heald is watched doing nothing. */
const HELD_MS = 2_000
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
      const now = stage.machines.get(node).id
      stage.narrator.line('story', `same name, new machine: instance ${old} is gone, ${now} took its place`)
      return { ...facts, replaced: old, by: now }
    },
  },
  {
    name: 'master',
    title: 'A control-plane node fails: repaired, because the quorum is kept',
    async play(stage) {
      const node = 'master-b'
      stage.narrator.line('fault', `the kubelet on ${node} dies; master-a and master-c are well`)
      return repaired(stage, node, () => stage.machines.break(node, 'kubelet-dead'), ['Quorum', 'Witness'])
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

async function playZone(stage: Stage): Promise<Readonly<Record<string, unknown>>> {
  const { narrator, machines, cloud } = stage
  const nodes = ['worker-b-1', 'worker-b-2', 'worker-b-3']
  const [first = ''] = nodes
  const acts = cloud.acts().length
  narrator.line('fault', `a switch in zone b dies: ${nodes.join(', ')} are cut off at the same moment`)
  for (const node of nodes) machines.break(node, 'network-cut')
  await waitFor(stage, `heald holds ${first}`, LIMIT_MS, () => nodes.every((node) => stage.why(node).kind === 'hold'))
  const held = stage.why(first)
  const gates = held.gates.filter((gate) => !gate.pass).map(({ gate, message }) => ({ gate, message }))
  for (const { gate, message } of gates) narrator.line('holds', `${gate}: ${message}`)
  narrator.line('why', `three machines that die together have one cause, and it is not in the machines`)
  await stage.clock.sleep(HELD_MS, stage.signal)
  const actsWhileHeld = cloud.acts().length - acts
  narrator.line('story', `${HELD_MS / 1_000} seconds later, still: ${actsWhileHeld} acts at the cloud`)
  narrator.line('you', 'the switch is mended')
  for (const node of nodes) machines.mend(node, 'network-cut')
  await waitFor(stage, 'zone b is back', LIMIT_MS, () =>
    nodes.every((node) => isReady(stage, node) && stage.why(node).kind === 'healthy'),
  )
  const total = cloud.acts().length - acts
  narrator.line('done', `zone b is Ready again; acts in the whole incident: ${total}`)
  return { heldZone: { zone: 'b', nodes, acts: total, gates } }
}

async function playPause(stage: Stage): Promise<Readonly<Record<string, unknown>>> {
  const { narrator, machines, cloud } = stage
  const node = 'worker-a-2'
  const acts = cloud.acts().length
  const before = repairsOf(stage, node).length
  narrator.line('you', 'heald.dev/paused: "10m: kernel upgrade" on the ConfigMap (what `heald pause` writes)')
  setPause(stage, '10m: kernel upgrade')
  narrator.line('fault', `the kubelet on ${node} dies during the upgrade`)
  machines.break(node, 'kubelet-dead')
  await waitFor(stage, `heald holds ${node}`, LIMIT_MS, () => isHeldBy(stage.why(node), 'Paused'))
  narrator.line('holds', `Paused: ${gateText(stage.why(node), 'Paused')}`)
  await stage.clock.sleep(1_000, stage.signal)
  const actsWhilePaused = cloud.acts().length - acts
  narrator.line('story', `the node is down and due, and heald waits: ${actsWhilePaused} acts`)
  narrator.line('you', 'the annotation is taken away (what `heald resume` does)')
  setPause(stage, null)
  await waitForRepair(stage, node, LIMIT_MS, before)
  return { node, actsWhilePaused }
}

/** Breaks a node, follows heald until the repair has succeeded, and tells on the way what some gates say. */
async function repaired(
  stage: Stage,
  node: string,
  fault: () => void,
  gates: readonly string[] = ['Witness', 'Breaker'],
): Promise<Readonly<Record<string, unknown>>> {
  const before = repairsOf(stage, node).length
  const acts = stage.cloud.acts().length
  fault()
  await waitFor(stage, `heald opens a repair of ${node}`, LIMIT_MS, () => repairsOf(stage, node).length > before)
  await waitFor(stage, `heald decides about ${node}`, LIMIT_MS, () => stage.why(node).kind === 'repair')
  const why = stage.why(node)
  const texts = gates.map((gate) => `${gate}: ${gateText(why, gate)}`)
  stage.narrator.line('why', `all ${why.gates.length} gates say yes. ${texts.join('. ')}`)
  await waitForRepair(stage, node, LIMIT_MS, before)
  return {
    node,
    acts: stage.cloud.acts().length - acts,
    why: Object.fromEntries(gates.map((gate) => [gate, gateText(why, gate)])),
  }
}

function setPause({ api }: Stage, value: string | null): void {
  api.call('PATCH', SETTINGS_PATH, { metadata: { annotations: { 'heald.dev/paused': value } } }, MERGE)
}

function isHeldBy({ kind, gates }: Explanation, gate: string): boolean {
  return kind === 'hold' && gates.some((result) => result.gate === gate && !result.pass)
}

function gateText({ gates }: Explanation, name: string): string {
  return gates.find((result) => result.gate === name)?.message ?? ''
}
