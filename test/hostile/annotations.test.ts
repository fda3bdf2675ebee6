import fc from 'fast-check'
import t from 'tap'
import type { GateResult } from '../../src/core/model/view.ts'
import { CONFIG_MAP } from '../support/cluster/replica.ts'
import { hostileText } from './arbitrary-json.ts'
import { type Stage, startStage } from './stage.ts'

t.setTimeout(240_000)

const KEYS = [
  ...['heald.dev/paused', 'heald.dev/paused-until', 'heald.dev/paused.workers', 'heald.dev/paused-until.workers'],
  ...[
    'heald.dev/skip',
    'heald.dev/marks',
    'heald.dev/approved',
    'heald.dev/resume',
    'heald.dev/repair-request',
    'heald.dev/pool',
    'heald.dev/',
  ],
  ...['cluster-autoscaler.kubernetes.io/scale-down-disabled', 'weave.works/kured-reboot-in-progress'],
]

/** JSON that looks like heald's own, with strange insides. */
const almostOurs = fc
  .record(
    {
      repair: fc.oneof(hostileText, fc.constant(7), fc.constant(null)),
      cordon: fc.oneof(fc.boolean(), hostileText),
      scaleDownDisabled: fc.oneof(fc.boolean(), fc.constant({})),
      'reboot-hard': hostileText,
      replace: fc.constant('2099-01-01T00:00:00Z'),
    },
    { requiredKeys: [] },
  )
  .map((value) => JSON.stringify(value))

const annotations = fc.dictionary(fc.constantFrom(...KEYS), fc.oneof(hostileText, almostOurs), { maxKeys: 6 })

function annotate(
  stage: Stage,
  shelf: string,
  key: string,
  values: Readonly<Record<string, string>> | undefined,
): void {
  const stored = stage.world.api.store.get(shelf, key)
  if (stored === undefined) throw new Error(`${shelf} ${key}: there is none`)
  // Past the API's own validation: what an older or a broken server may hold.
  stage.world.api.store.put(shelf, key, { ...stored, metadata: { ...stored.metadata, annotations: values ?? {} } })
}

function failed(stage: Stage, node: string): readonly GateResult[] {
  return (
    stage
      .decision()
      ?.decision.verdicts.get(node)
      ?.gates.filter((gate) => !gate.pass) ?? []
  )
}

const MAP = `${CONFIG_MAP.namespace}/${CONFIG_MAP.name}`

t.test('annotations of any shape and size on Nodes and the ConfigMap touch nobody', async (t) => {
  const stage = await startStage(t, { sockets: true })
  const { world } = stage
  for (const [on, map] of fc.sample(fc.tuple(annotations, annotations), { numRuns: 60, seed: 11 })) {
    for (const node of ['w0', 'w1', 'm0']) annotate(stage, 'nodes', node, on)
    annotate(stage, 'configmaps', MAP, map)
    await world.clock.sleep(60, world.signal)
  }
  // Whatever marks a node bears after this, heald has written them.
  const huge = { 'heald.dev/paused': 'x'.repeat(200_000), 'heald.dev/marks': '['.repeat(200_000) }
  for (const node of ['w0', 'w1', 'm0']) annotate(stage, 'nodes', node, huge)
  annotate(
    stage,
    'configmaps',
    MAP,
    Object.fromEntries(Array.from({ length: 5_000 }, (_, n) => [`heald.dev/paused.p${n}`, '2h'])),
  )
  await stage.rounds(3)
  t.same(stage.touched(), [])
  t.same(stage.told('RoundFailed'), [])
  t.ok(stage.told('PauseMalformed').length > 0, 'malformed pauses are named')
  t.ok(
    stage.notices.every(({ message }) => message.length < 2_000),
    'briefly',
  )

  for (const node of ['w0', 'w1', 'm0']) annotate(stage, 'nodes', node, undefined)
  annotate(stage, 'configmaps', MAP, undefined)
  await stage.stillHeals('w0')
})

t.test('a malformed pause and unreadable marks hold a node that really fails, and say what to do', async (t) => {
  const stage = await startStage(t)
  const { world } = stage
  annotate(stage, 'nodes', 'w0', { 'heald.dev/paused': 'for a while' })
  world.machines.break('w0', 'runtime-dead')
  await world.until('it is held', 60_000, () => stage.decision()?.decision.verdicts.get('w0')?.kind === 'hold')
  await stage.rounds(5)
  t.same(stage.touched(), [])
  t.match(
    stage
      .decision()
      ?.decision.verdicts.get('w0')
      ?.gates.filter((gate) => !gate.pass),
    [{ gate: 'Paused', message: /for a while/ }],
  )
  annotate(stage, 'nodes', 'w0', { 'heald.dev/marks': '{"cordon": {"not": "text"}}' })
  await world.until('the marks hold it', 60_000, () =>
    failed(stage, 'w0').some(({ gate, message }) => gate === 'OtherActor' && message.includes('heald.dev/marks')),
  )
  t.same(stage.touched(), [])
  annotate(stage, 'nodes', 'w0', undefined)
  await stage.healed('w0')
})

t.test('marks that somebody forged are taken back without an act, and only what they name', async (t) => {
  const stage = await startStage(t)
  const { world } = stage
  world.patchNode('w1', { spec: { unschedulable: true } })
  const marks = JSON.stringify({ repair: '../../../secrets/x', cordon: false, scaleDownDisabled: true })
  annotate(stage, 'nodes', 'w1', {
    'heald.dev/marks': marks,
    'cluster-autoscaler.kubernetes.io/scale-down-disabled': 'true',
  })
  await world.until('they are gone', 60_000, () => world.node('w1').marks === undefined)
  t.ok(world.node('w1').unschedulable, 'a cordon that they do not claim stays')
  t.same(world.cloud.acts(), [])
})
