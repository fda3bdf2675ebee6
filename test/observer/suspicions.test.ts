import t from 'tap'
import type { Finding } from '../../src/core/model/finding.ts'
import type { Heartbeat } from '../../src/core/model/node.ts'
import type { Suspicion } from '../../src/core/model/view.ts'
import { createSuspicions, type SuspicionSources } from '../../src/observer/suspicions.ts'
import { failing, NOW, node, passing } from '../support/pure/view.ts'

const W0 = node('w0', { conditions: [{ type: 'Ready', status: 'False', reason: 'KubeletNotReady' }] })
type Inputs = Omit<Suspicion, 'node' | 'witnesses'> & {
  readonly heartbeat: Heartbeat | undefined
  readonly probe: Finding | undefined
}
const INPUTS: Inputs = {
  clocks: [failing(60_000)],
  heartbeat: { renewTime: 'x', changedAt: NOW },
  probe: undefined,
  cordonedSince: undefined,
  localVolumes: undefined,
}
const RULES = { now: NOW, seeingSince: 0, heartbeatMaxAgeMs: 40_000 }

function from(inputs: Inputs): SuspicionSources {
  const { clocks, heartbeat, probe, localVolumes, cordonedSince } = inputs
  return {
    clocksOf: () => clocks,
    heartbeatOf: () => heartbeat,
    lookAt: () => ({ probe, localVolumes }),
    cordonedSince: () => cordonedSince,
  }
}

/** The suspicion of `w0`, after the one that its usual inputs give at NOW. */
function after(change: Partial<Inputs>, rules: Partial<typeof RULES> = {}, facts = W0) {
  const suspicions = createSuspicions()
  const before = suspicions.of([W0], from(INPUTS), RULES).get('w0')
  const now = suspicions.of([facts], from({ ...INPUTS, ...change }), { ...RULES, ...rules }).get('w0')
  return { same: before === now, now, said: now?.witnesses.map(({ finding }) => finding.reason).join() }
}

t.test('a suspicion is the same object for as long as nothing new was seen', async (t) => {
  t.equal(after({}).same, true)
  t.equal(after({}, { now: NOW + 15_000 }).same, true)
})

t.test('it is made anew with whatever it is made of', async (t) => {
  const changes: Readonly<Record<string, Partial<Inputs>>> = {
    clocks: { clocks: [passing()] },
    heartbeat: { heartbeat: { renewTime: 'y', changedAt: NOW + 1 } },
    probe: { probe: { status: 'fail', reason: 'Timeout', seenAt: NOW } },
    cordonedSince: { cordonedSince: NOW },
    localVolumes: { localVolumes: ['disk'] },
  }
  t.same(Object.keys(changes).sort(), Object.keys(INPUTS).sort(), 'all of it')
  for (const [name, change] of Object.entries(changes)) {
    t.equal(after(change).same, false, name)
    t.match(after(change).now, name === 'clocks' ? change : {}, name)
  }
  t.match(after({ cordonedSince: NOW, localVolumes: ['disk'] }).now, { cordonedSince: NOW, localVolumes: ['disk'] })
  t.equal(after({}, {}, { ...W0 }).same, false, 'the Node')
  t.equal(after({}, { seeingSince: 1 }).same, false, 'sight regained')
  t.equal(after({}, { heartbeatMaxAgeMs: 30_000 }).same, false, 'the policy')
})

t.test('a heartbeat is alive, then late, then stale by time alone, and a silent kubelet has no word', async (t) => {
  const at = (ms: number) => after({}, { now: NOW + ms }).said
  t.equal(at(15_000), 'HeartbeatFresh,KubeletNotReady')
  t.equal(at(15_001), 'HeartbeatLate,NoWord')
  t.equal(at(40_000), 'HeartbeatLate,NoWord')
  t.equal(at(40_001), 'HeartbeatStale,NoWord')
  t.equal(after({ heartbeat: undefined }).said, 'NoLease,NoWord')
})

t.test('a heartbeat that was renewed in place is seen at once', async (t) => {
  const suspicions = createSuspicions()
  const heartbeat = { renewTime: 'x', changedAt: NOW - 60_000 }
  const said = () => suspicions.of([W0], from({ ...INPUTS, heartbeat }), RULES).get('w0')?.witnesses[0]?.finding.reason
  t.equal(said(), 'HeartbeatStale')
  heartbeat.changedAt = NOW
  t.equal(said(), 'HeartbeatFresh')
})

t.test('who is no suspect any more is forgotten', async (t) => {
  const suspicions = createSuspicions()
  const before = suspicions.of([W0], from(INPUTS), RULES).get('w0')
  t.equal(suspicions.of([], from(INPUTS), RULES).size, 0)
  t.not(suspicions.of([W0], from(INPUTS), RULES).get('w0'), before)
})

t.test('each is its own, in whatever order the nodes come', async (t) => {
  const suspicions = createSuspicions()
  const [w1, w2] = [node('w1'), node('w2')]
  const before = suspicions.of([W0, w1], from(INPUTS), RULES)
  for (const nodes of [[w1, W0], [w2, w1, W0], [W0], [W0, w1]]) {
    const now = suspicions.of(nodes, from(INPUTS), RULES)
    t.same(
      nodes.map(({ name }) => now.get(name)?.node),
      nodes.map(({ name }) => name),
    )
    t.equal(now.get('w0'), before.get('w0'))
  }
})
