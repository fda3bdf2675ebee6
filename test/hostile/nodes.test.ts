import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import t from 'tap'
import { hostileJson, hostileText } from './arbitrary-json.ts'
import { type Stage, startStage } from './stage.ts'

t.setTimeout(240_000)

/** A Node as the API server would never store it: past its validation. */
function putNode(stage: Stage, name: string, object: object): void {
  const { metadata, ...rest } = object as { metadata?: unknown }
  const given = typeof metadata === 'object' && metadata !== null && !Array.isArray(metadata) ? metadata : {}
  const own = { name, uid: randomUUID(), creationTimestamp: '2026-01-01T00:00:00Z' }
  stage.world.api.store.put('nodes', name, { ...rest, metadata: { ...own, ...given, name } } as never)
}

/** Any shape, but nothing that says in proper words that the node is broken: that would be a reason to act. */
const condition = fc.oneof(
  hostileJson,
  fc.record({
    type: fc.oneof(fc.constant('Ready'), hostileText, hostileJson),
    status: fc.oneof(fc.constantFrom('true', 'FALSE', '', 'False ', 0, false, null), hostileJson),
    reason: hostileJson,
    lastTransitionTime: hostileJson,
  }),
)

const hostileNode = fc.record(
  {
    metadata: fc.record(
      {
        labels: fc.oneof(hostileJson, fc.dictionary(hostileText, hostileJson, { maxKeys: 4 })),
        annotations: fc.oneof(hostileJson, fc.dictionary(fc.constantFrom('heald.dev/x', '__proto__'), hostileJson)),
        uid: fc.oneof(fc.uuid(), fc.constant(''), fc.constant(7)),
        creationTimestamp: fc.oneof(hostileText, fc.constantFrom('2099-01-01T00:00:00Z', '-1', 0)),
        deletionTimestamp: fc.oneof(fc.constant(null), hostileText),
        ownerReferences: hostileJson,
      },
      { requiredKeys: [] },
    ),
    spec: fc.oneof(
      hostileJson,
      fc.record({
        providerID: hostileText,
        taints: fc.oneof(hostileJson, fc.array(hostileJson)),
        unschedulable: hostileJson,
      }),
    ),
    status: fc.oneof(
      hostileJson,
      fc.record({
        conditions: fc.oneof(hostileJson, fc.array(condition, { maxLength: 4 })),
        addresses: fc.oneof(hostileJson, fc.array(hostileJson)),
        nodeInfo: hostileJson,
      }),
    ),
  },
  { requiredKeys: [] },
)

t.test('Nodes with missing and absurd fields are lived with, and none is touched', async (t) => {
  const stage = await startStage(t)
  const { world } = stage
  for (const [index, node] of fc.sample(hostileNode, { numRuns: 200, seed: 3 }).entries()) {
    putNode(stage, `strange-${index % 20}`, node)
    if (index % 10 === 0) await world.clock.sleep(50, world.signal)
  }
  await stage.rounds(3)
  t.same(stage.touched(), [])
  t.same(stage.told('RoundFailed'), [])
  for (let index = 0; index < 20; index++) world.api.store.remove('nodes', `strange-${index}`)
  await stage.stillHeals('w0')
})

t.test('a Node whose status goes, comes back as text, and grows a megabyte of labels is not touched', async (t) => {
  const stage = await startStage(t)
  const { world } = stage
  // The machine would mend its Node with the next heartbeat.
  const whole = world.api.store.get('nodes', 'w1')
  for (const change of [
    { status: undefined },
    { status: 'NotReady' },
    { status: { conditions: 'Ready=False' } },
    { status: { conditions: [{ type: 'Ready', status: 'False ' }] } },
    {
      metadata: {
        labels: Object.fromEntries(Array.from({ length: 20_000 }, (_, n) => [`label-${n}`, 'x'.repeat(50)])),
      },
    },
    { metadata: { labels: 'node-role.kubernetes.io/control-plane' } },
    { metadata: { deletionTimestamp: '2020-01-01T00:00:00Z' } },
    { spec: { providerID: 'pretend://other/w2' } },
    { spec: { providerID: 7, taints: { key: 'x' }, unschedulable: 'true' } },
  ] as const) {
    const metadata = 'metadata' in change ? change.metadata : {}
    for (let times = 0; times < 5; times++) {
      putNode(stage, 'w1', { ...whole, ...change, metadata: { ...whole?.metadata, ...metadata } })
      await world.clock.sleep(60, world.signal)
    }
  }
  await stage.rounds(1)
  t.same(stage.touched(), [])
  t.same(stage.told('RoundFailed'), [])
})

t.test('a role label that flips all the time takes no node over the quorum, and hides no check', async (t) => {
  const stage = await startStage(t)
  const { world } = stage
  for (let times = 0; times < 40; times++) {
    const label = times % 2 === 0 ? '' : null
    world.patchNode('w2', { metadata: { labels: { 'node-role.kubernetes.io/control-plane': label } } })
    await world.clock.sleep(50, world.signal)
  }
  await stage.rounds(1)
  t.same(stage.touched(), [])
  await stage.stillHeals('w2')
})

t.test('Nodes whose names differ in case only are two nodes', async (t) => {
  const stage = await startStage(t)
  const { world } = stage
  const w1 = world.api.store.get('nodes', 'w1')
  const notReady = { conditions: [{ type: 'Ready', status: 'False', reason: 'KubeletNotReady' }] }
  putNode(stage, 'W1', {
    ...w1,
    spec: {},
    status: notReady,
    metadata: { ...w1?.metadata, uid: randomUUID(), name: 'W1' },
  })
  await world.until('it is held', 60_000, () => stage.decision()?.decision.verdicts.get('W1')?.kind === 'hold')
  await stage.rounds(5)
  t.same(stage.touched(), [])
})

t.test("a dead Node that claims a living Node's machine has nothing done to that machine", async (t) => {
  const stage = await startStage(t)
  const { world } = stage
  const w1 = world.api.store.get('nodes', 'w1')
  const notReady = { conditions: [{ type: 'Ready', status: 'False', reason: 'KubeletNotReady' }] }
  putNode(stage, 'w1-before-its-rename', {
    ...w1,
    status: notReady,
    metadata: { ...w1?.metadata, uid: randomUUID(), labels: {} },
  })
  await world.until(
    'it is judged',
    60_000,
    () => stage.decision()?.decision.verdicts.has('w1-before-its-rename') === true,
  )
  await world.clock.sleep(5_000, world.signal)
  t.same(world.cloud.acts(), [])
  const gates = stage.decision()?.decision.verdicts.get('w1-before-its-rename')?.gates ?? []
  t.match(
    gates.filter((gate) => !gate.pass),
    [{ gate: 'Identity', reason: 'IdentityAmbiguous' }],
  )
})
