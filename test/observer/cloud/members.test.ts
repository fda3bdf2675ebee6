import t, { type Test } from 'tap'
import type { Member, Members } from '../../../src/core/model/instance.ts'
import type { NodeFacts } from '../../../src/core/model/node.ts'
import type { Notice } from '../../../src/core/ports/log.ts'
import { createMembers } from '../../../src/observer/cloud/members.ts'
import { createVirtualClock } from '../../../src/simulator/clock/virtual-clock.ts'
import { MINUTE, node, SECOND } from '../../support/pure/view.ts'

const W1: Member = { ref: { id: 'i1', name: 'w1' }, role: 'worker', power: 'running', nodeName: 'w1', addresses: [] }
const W2: Member = { ref: { id: 'i2', name: 'w2' }, role: 'worker', power: 'off', nodeName: 'w2', addresses: [] }

function watching(t: Test, startup = 20 * MINUTE) {
  const clock = createVirtualClock()
  const told: Notice[] = []
  const scene = {
    clock,
    told,
    asked: 0,
    leads: true,
    answer: { members: [W1, W2] } as Members | Error,
    nodes: [node('w1'), node('w2')] as NodeFacts[],
  }
  const members = async (): Promise<Members> => {
    scene.asked += 1
    if (scene.answer instanceof Error) throw scene.answer
    return scene.answer
  }
  const watch = createMembers({
    clock,
    tell: (notice) => told.push(notice),
    provider: { members },
    nodes: () => scene.nodes,
    asks: () => scene.leads,
    startupMs: () => startup,
  })
  const stop = new AbortController()
  const running = watch.run?.(stop.signal).catch(() => undefined)
  t.teardown(async () => {
    stop.abort()
    await running
  })
  const seen = () => watch.missing().map(({ member, symptom }) => `${member.ref.id} ${symptom}`)
  return { ...scene, scene, seen }
}

t.test(
  'a machine whose Node goes is missing after the time that a machine may take to join, and is told once',
  async (t) => {
    const { clock, scene, seen, told } = watching(t)
    await clock.advance(5 * MINUTE)
    scene.nodes = [node('w1')]
    await clock.advance(20 * MINUTE)
    t.strictSame(seen(), [], 'not yet')
    await clock.advance(2 * MINUTE)
    t.strictSame(seen(), ['i2 NodeMissing'])
    await clock.advance(30 * MINUTE)
    t.match(told, [{ reason: 'NodeMissing', message: /w2 \(i2\) is off, and its Node is gone for 2\dm/ }])
    t.equal(told.length, 1)
    scene.nodes = [node('w1'), node('w2')]
    await clock.advance(MINUTE)
    t.strictSame(seen(), [])
  },
)

t.test('one of which no Node was ever seen has never joined', async (t) => {
  const { clock, scene, seen } = watching(t)
  scene.nodes = [node('w1')]
  await clock.advance(22 * MINUTE)
  t.strictSame(seen(), ['i2 NeverJoined'])
})

t.test('a listing that fails, or is not sure, says nothing, and a long gap begins the time anew', async (t) => {
  for (const nothing of [new Error('no answer'), { unsure: 'UPDATE_IN_PROGRESS' }]) {
    const { clock, scene, seen } = watching(t)
    scene.nodes = [node('w1')]
    await clock.advance(22 * MINUTE)
    scene.answer = nothing
    await clock.advance(2 * MINUTE)
    t.strictSame(seen(), ['i2 NeverJoined'], 'a short gap does not hide it')
    await clock.advance(2 * MINUTE)
    t.strictSame(seen(), [])
    scene.answer = { members: [W1, W2] }
    await clock.advance(19 * MINUTE)
    t.strictSame(seen(), [])
    await clock.advance(3 * MINUTE)
    t.strictSame(seen(), ['i2 NeverJoined'])
  }
})

t.test('once a minute, by the leader alone, and not at all with 0', async (t) => {
  const { clock, scene } = watching(t)
  await clock.advance(10 * MINUTE + SECOND)
  t.equal(scene.asked, 11)
  scene.leads = false
  await clock.advance(10 * MINUTE)
  t.equal(scene.asked, 11)
  const off = watching(t, 0)
  await off.clock.advance(10 * MINUTE)
  t.equal(off.scene.asked, 0)
})
