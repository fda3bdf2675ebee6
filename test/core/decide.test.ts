import t from 'tap'
import { decide } from '../../src/core/decide.ts'
import type { Verdict, View } from '../../src/core/model/view.ts'
import {
  attempt,
  CALENDAR,
  failing,
  HOUR,
  instance,
  MINUTE,
  masters,
  NOW,
  node,
  oneBrokenWorker,
  passing,
  policy,
  repair,
  rung,
  SECOND,
  suspicion,
  type ViewParts,
  view,
  workers,
} from '../support/pure/view.ts'

const RULES = policy()

function kinds(picture: View, rules = RULES): Record<string, string> {
  const { verdicts } = decide(picture, rules)
  return Object.fromEntries([...verdicts].map(([name, { kind }]) => [name, kind]).sort())
}

function held(verdict: Verdict | undefined): string[] {
  return verdict?.gates.filter(({ pass }) => !pass).map(({ gate }) => gate) ?? []
}

/** Thirty workers; each named one fails for so long, found by the cloud. */
function broken(forMs: Readonly<Record<string, number>>, parts: ViewParts = {}): View {
  const names = Object.keys(forMs)
  return view({
    nodes: [...masters(3), ...workers(30)],
    suspicions: names.map((name) => suspicion(name, [failing(forMs[name] ?? 0)])),
    ...parts,
    instances: { ...Object.fromEntries(names.map((name) => [name, instance(name)])), ...parts.instances },
  })
}

t.test(
  'two of three control-plane nodes lose their kubelets: nobody acts, and when one is back the other is repaired',
  async (t) => {
    const both = broken({ m0: 10 * MINUTE, m1: 10 * MINUTE })
    t.strictSame(kinds(both), { m0: 'hold', m1: 'hold' })
    for (const name of ['m0', 'm1']) {
      const quorum = decide(both, RULES)
        .verdicts.get(name)
        ?.gates.find(({ gate }) => gate === 'Quorum')
      t.match(quorum, { pass: false, have: { healthyWithout: 1, size: 3 }, need: { healthyWithout: 2 } })
      t.equal(quorum?.message, '3 control-plane nodes, 1 healthy without this one; 2 needed')
    }
    t.strictSame(kinds(broken({ m1: 10 * MINUTE })), { m1: 'repair' })
  },
)

t.test('of two control-plane nodes that are down, the one that is merely off is started', async (t) => {
  const picture = broken({ m0: 30 * MINUTE, m1: 10 * MINUTE }, { instances: { m1: instance('m1', { power: 'off' }) } })
  const { verdicts } = decide(picture, RULES)
  t.match(verdicts.get('m1'), { kind: 'repair', rung: 'start' })
  t.strictSame(held(verdicts.get('m0')), ['Breaker', 'Quorum'])
})

t.test('slots go to the control plane first, then to the longest failure, then by UID', async (t) => {
  const repaired = (picture: View): string[] =>
    Object.entries(kinds(picture))
      .filter(([, kind]) => kind === 'repair')
      .map(([name]) => name)
  t.strictSame(repaired(broken({ w0: 3 * HOUR, m0: 10 * MINUTE, w1: 30 * MINUTE })), ['m0'])
  t.strictSame(repaired(broken({ w0: 20 * MINUTE, w1: 10 * MINUTE })), ['w0'])
  t.strictSame(repaired(broken({ w1: 10 * MINUTE, w0: 10 * MINUTE })), ['w0'])
})

t.test('the next one opens at the next look, once the first is in the store', async (t) => {
  const first = broken({ w0: 20 * MINUTE, w1: 10 * MINUTE })
  t.equal(decide(first, RULES).wakeAt, NOW + SECOND)
  const next = broken(
    { w0: 20 * MINUTE, w1: 10 * MINUTE },
    { repairs: [repair('w0', {}, { createdAt: CALENDAR - 10 * MINUTE })] },
  )
  t.strictSame(kinds(next), { w0: 'repair', w1: 'repair' })
})

t.test(
  'nodes that failed together: the others wait for the first, by name and with what they have in common',
  async (t) => {
    const nodes = [
      ...masters(3),
      ...workers(30).map((one, index) => (index < 4 ? { ...one, kernelVersion: '6.9-bad' } : one)),
    ]
    const picture = {
      ...broken({ w0: 10 * MINUTE, w1: 10 * MINUTE - SECOND, w2: 10 * MINUTE - 2 * SECOND }),
      nodes: new Map(nodes.map((one) => [one.name, one])),
    }
    const { verdicts } = decide(picture, RULES)
    t.equal(verdicts.get('w0')?.kind, 'repair')
    for (const name of ['w1', 'w2']) t.strictSame(held(verdicts.get(name)), ['CorrelatedCause'])
    const result = verdicts.get('w2')?.gates.find(({ gate }) => gate === 'CorrelatedCause')
    t.match(result?.message, /3 nodes began to fail within 1m.*kernel 6\.9-bad.*w0 is repaired first/)
    t.notMatch(result?.message, /image|kubelet/, 'what the whole pool has explains nothing')
  },
)

t.test('an open repair goes on only by the same gates, and its own slot does not stand in its way', async (t) => {
  const pending = repair('w0', { attempts: [attempt()] })
  const picture = oneBrokenWorker({ repairs: [pending] })
  t.match(decide(picture, RULES).verdicts.get('w0'), { kind: 'repair', rung: 'reboot-hard', repair: 'w0-1' })
  const paused = oneBrokenWorker({ repairs: [pending], switches: { paused: { reason: 'x', until: undefined } } })
  t.match(decide(paused, RULES).verdicts.get('w0'), { kind: 'hold', repair: 'w0-1' })
})

t.test('the one control-plane repair that is allowed goes on to its next rung', async (t) => {
  const pending = repair('m0', { attempts: [attempt()] }, { spec: { role: 'master' } })
  const { verdicts } = decide(broken({ m0: 10 * MINUTE }, { repairs: [pending] }), RULES)
  t.match(verdicts.get('m0'), { kind: 'repair', rung: 'reboot-hard' })
})

for (const phase of ['Acting', 'Verifying', 'Soaking', 'Parked'] as const) {
  t.test(`a repair that is ${phase} is held by itself, also when its node is well`, async (t) => {
    const picture = oneBrokenWorker({ suspicions: [suspicion('w0', [passing()])], repairs: [repair('w0', { phase })] })
    const verdict = decide(picture, RULES).verdicts.get('w0')
    t.equal(verdict?.kind, 'hold')
    t.ok(held(verdict).includes('AlreadyInRepair'))
    t.match(verdict?.gates.find(({ gate }) => gate === 'AlreadyInRepair')?.message, /w0-1/)
  })
}

t.test('a pending repair whose node is well again waits without being due', async (t) => {
  const picture = oneBrokenWorker({ suspicions: [suspicion('w0', [passing()])], repairs: [repair('w0')] })
  t.match(decide(picture, RULES).verdicts.get('w0'), { kind: 'watch', repair: 'w0-1' })
})

t.test('a pending repair whose Node is gone is held by name, and nothing else is asked of it', async (t) => {
  const picture = oneBrokenWorker({ nodes: [...masters(3), ...workers(10).slice(1)], repairs: [repair('w0')] })
  const verdict = decide(picture, RULES).verdicts.get('w0')
  t.equal(verdict?.kind, 'hold')
  t.match(
    verdict?.gates.find(({ gate }) => gate === 'Identity'),
    { reason: 'NodeGone' },
  )
})

t.test('a suspicion about a node that nobody knows is no verdict', async (t) => {
  const picture = view({ nodes: masters(3), suspicions: [suspicion('ghost', [failing(HOUR)])] })
  t.equal(decide(picture, RULES).verdicts.size, 0)
})

t.test('a used-up ladder leads an open repair to a person even while limits hold acts back', async (t) => {
  const rungs = ['reboot-soft', 'reboot-hard', 'replace'] as const
  const attempts = rungs.map((name, index) => attempt({ id: index + 1, rung: name }))
  const bad = Object.fromEntries(
    Array.from({ length: 15 }, (_, index) => [`w${index}`, index * 5 * MINUTE + 10 * MINUTE]),
  )
  const past = [1, 2, 3].map((days) =>
    repair('w0', { phase: 'Succeeded', attempts }, { name: `past-${days}`, createdAt: CALENDAR - days * 24 * HOUR }),
  )
  const picture = broken(bad, { repairs: [repair('w0', { attempts }), ...past] })
  t.match(decide(picture, RULES).verdicts.get('w0'), { kind: 'repair', rung: 'human' })
  t.ok(held(decide(picture, RULES).verdicts.get('w1')).includes('Breaker'))
})

t.test('the first repair opens although its rung needs an approval, and then waits for it', async (t) => {
  const rules = policy({
    roles: { ...RULES.roles, worker: { enabled: true, ladder: [rung('replace', { approval: true })] } },
  })
  const parts = {
    instances: { w0: instance('w0', { power: 'error' }) },
    suspicions: [suspicion('w0', [failing(10 * MINUTE)], { localVolumes: ['pv'] })],
  }
  t.match(decide(oneBrokenWorker(parts), rules).verdicts.get('w0'), { kind: 'repair', repair: undefined })
  const opened = decide(oneBrokenWorker({ ...parts, repairs: [repair('w0')] }), rules).verdicts.get('w0')
  t.equal(opened?.kind, 'hold')
  t.strictSame(held(opened), ['LocalData', 'Approval'])
})

t.test('open repairs share what is left of the budget, the longest failure first', async (t) => {
  const spent = [10, 20, 30, 40, 50].map((minutes) =>
    repair(`x${minutes}`, {
      phase: 'Succeeded',
      attempts: [attempt({ issuedAt: new Date(CALENDAR - minutes * MINUTE).toISOString() })],
    }),
  )
  const picture = broken({ w0: 10 * MINUTE, w1: 20 * MINUTE }, { repairs: [...spent, repair('w0'), repair('w1')] })
  const { verdicts } = decide(picture, RULES)
  t.equal(verdicts.get('w1')?.kind, 'repair')
  t.strictSame(held(verdicts.get('w0')), ['Rate'])
})

t.test('when a limit was lowered, the repair that acts keeps its slot and the one that waits is held', async (t) => {
  const running = repair(
    'w1',
    { phase: 'Acting', attempts: [attempt({ state: 'Issued', finishedAt: undefined })] },
    { createdAt: CALENDAR - MINUTE },
  )
  const picture = broken(
    { w0: 30 * MINUTE },
    { nodes: [...masters(3), ...workers(10)], repairs: [repair('w0'), running] },
  )
  t.strictSame(held(decide(picture, RULES).verdicts.get('w0')), ['InFlight'])
})

t.test('of two open repairs of one node the older goes on, unless the younger acts already', async (t) => {
  const older = repair('w0', {}, { name: 'w0-1', createdAt: CALENDAR - HOUR })
  const younger = (phase: 'Pending' | 'Acting') =>
    repair(
      'w0',
      { phase, attempts: phase === 'Acting' ? [attempt({ state: 'Issued' })] : [] },
      { name: 'w0-2', createdAt: CALENDAR - MINUTE, spec: { instance: { id: 'other', name: 'other' } } },
    )
  const nodes = [...masters(3), ...workers(30)]
  t.match(decide(oneBrokenWorker({ nodes, repairs: [younger('Pending'), older] }), RULES).verdicts.get('w0'), {
    kind: 'repair',
    repair: 'w0-1',
  })
  t.ok(
    held(decide(oneBrokenWorker({ nodes, repairs: [younger('Acting'), older] }), RULES).verdicts.get('w0')).includes(
      'AlreadyInRepair',
    ),
  )
})

t.test('wakeAt is the earliest moment at which any verdict changes by time alone', async (t) => {
  const picture = broken({ w0: 4 * MINUTE, w1: 2 * MINUTE })
  t.strictSame(kinds(picture), { w0: 'watch', w1: 'watch' })
  t.equal(decide(picture, RULES).wakeAt, NOW + MINUTE)
  const paused = broken({ w0: 2 * MINUTE }, { switches: { paused: { reason: 'x', until: CALENDAR + 30 * SECOND } } })
  t.equal(decide(paused, RULES).wakeAt, NOW + 30 * SECOND)
})

t.test('a check that passes or cannot look at this moment makes nobody due, however long it failed', async (t) => {
  for (const status of ['pass', 'unknown'] as const) {
    const clock = { ...failing(HOUR), finding: { status, reason: 'x', seenAt: NOW } }
    t.strictSame(kinds(oneBrokenWorker({ suspicions: [suspicion('w0', [clock])] })), {})
  }
  const expired = {
    ...failing(HOUR),
    finding: { status: 'fail', reason: 'x', seenAt: NOW - HOUR, validUntil: NOW - 1 } as const,
  }
  t.strictSame(kinds(oneBrokenWorker({ suspicions: [suspicion('w0', [expired])] })), {})
})

t.test('nodes with absurd fields never stop the judgement of the others', async (t) => {
  const absurd = node('absurd', {
    pool: '__proto__',
    zone: 'constructor',
    labels: { 'heald.dev/skip': '\u0000' },
    annotations: { 'heald.dev/marks': '[' },
    createdAt: Number.NaN,
  })
  const picture = broken({ w0: 10 * MINUTE, absurd: HOUR }, { nodes: [...masters(3), ...workers(30), absurd] })
  t.strictSame(kinds(picture), { absurd: 'hold', w0: 'repair' })
})
