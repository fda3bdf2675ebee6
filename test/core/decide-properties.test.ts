import fc from 'fast-check'
import t from 'tap'
import { decide } from '../../src/core/decide.ts'
import { type NodeRepair, phaseOf, takesSlot } from '../../src/core/model/node-repair.ts'
import type { Policy } from '../../src/core/model/policy.ts'
import type { GateResult, Verdict, View } from '../../src/core/model/view.ts'
import { members, nameAt, quietMembers, toView } from '../support/pure/arbitrary-view.ts'
import { attempt, instance, MINUTE, policy, repair } from '../support/pure/view.ts'

const RULES = policy()
/** Loose limits, so that what is tested is not always hidden behind Breaker. */
const LOOSE = policy({
  breaker: { poolPercent: 90, clusterPercent: 90, smallPool: 4 },
  inFlight: { pool: { percent: 30, min: 2 }, masters: 1 },
})
const PICTURES = fc.oneof(members, quietMembers)
const POLICIES = fc.constantFrom(RULES, LOOSE)

function inRepair(view: View, rules: Policy): number {
  // What a pause keeps from beginning has no slot.
  const isPaused = (one: NodeRepair): boolean =>
    phaseOf(one) === 'Pending' && view.switches.nodes.has(one.spec.nodeName)
  const open = [...view.repairs.values()].filter((one) => takesSlot(one) && !isPaused(one)).length
  return open + opened(view, rules).length
}

function opened(view: View, rules: Policy): Verdict[] {
  return [...decide(view, rules).verdicts.values()].filter(
    ({ kind, repair }) => kind === 'repair' && repair === undefined,
  )
}

function sorted(view: View, rules: Policy): unknown {
  const { verdicts, wakeAt } = decide(view, rules)
  return { wakeAt, verdicts: [...verdicts.values()].sort((a, b) => (a.node < b.node ? -1 : 1)) }
}

t.test('the order of nodes, suspicions and repairs never matters', async (t) => {
  const shuffled = PICTURES.chain((all) => {
    const view = toView(all)
    return fc.record({
      view: fc.constant(view),
      nodes: fc.shuffledSubarray([...view.nodes], { minLength: view.nodes.size }),
      suspicions: fc.shuffledSubarray([...view.suspicions], { minLength: view.suspicions.size }),
      repairs: fc.shuffledSubarray([...view.repairs], { minLength: view.repairs.size }),
    })
  })
  fc.assert(
    fc.property(shuffled, POLICIES, ({ view, nodes, suspicions, repairs }, rules) => {
      const other = { ...view, nodes: new Map(nodes), suspicions: new Map(suspicions), repairs: new Map(repairs) }
      t.strictSame(sorted(other, rules), sorted(view, rules))
    }),
  )
})

/** Reasons of nodes that began to fail at about the same time as others. */
const WITH_OTHERS: ReadonlySet<string> = new Set([
  'WaitsForCanary',
  'CanaryFailed',
  'MasterNotAlone',
  'SmallPoolNotAlone',
])

function heldWithOthers(verdict: Verdict | undefined): boolean {
  return verdict?.gates.some(({ reason }) => WITH_OTHERS.has(reason)) ?? false
}

t.test(
  'a longer outage of a node never makes it less eligible, unless that moves it among others, or away from them',
  async (t) => {
    let repaired = 0
    fc.assert(
      fc.property(quietMembers, POLICIES, fc.integer({ min: 1, max: 300 * MINUTE }), (all, rules, longer) => {
        const { verdicts } = decide(toView(all), rules)
        for (const [index, member] of all.entries()) {
          if (verdicts.get(nameAt(index))?.kind !== 'repair') continue
          repaired += 1
          const ill = all.with(index, { ...member, failingForMs: (member.failingForMs ?? 0) + longer })
          const after = decide(toView(ill), rules).verdicts.get(nameAt(index))
          const held = after?.gates.filter(({ pass }) => !pass) ?? []
          // Farther from others in time than before, it may no longer keep one of those waiting that go first.
          const isFreed = ({ reason, have }: GateResult): boolean =>
            reason === 'OneAtATime' && heldWithOthers(verdicts.get(String((have as { first: string }).first)))
          t.strictSame(
            held.filter((result) => !WITH_OTHERS.has(result.reason) && !isFreed(result)),
            [],
          )
          t.ok(after !== undefined)
        }
      }),
      { numRuns: 400 },
    )
    t.ok(repaired > 20, `it was put to the test ${repaired} times`)
  },
)

t.test('time alone never takes a repair away, except to one that comes first', async (t) => {
  let repaired = 0
  fc.assert(
    fc.property(quietMembers, POLICIES, fc.integer({ min: 1, max: 30 * MINUTE }), (all, rules, later) => {
      const view = toView(all)
      const after = decide({ ...view, now: view.now + later, calendar: view.calendar + later }, rules)
      const first = [...after.verdicts.values()].some(({ kind, repair }) => kind === 'repair' && repair === undefined)
      for (const verdict of decide(view, rules).verdicts.values()) {
        if (verdict.kind !== 'repair') continue
        repaired += 1
        const then = after.verdicts.get(verdict.node)
        t.ok(then?.kind === 'repair' || (verdict.repair === undefined && first), `${verdict.node} is still repaired`)
      }
    }),
    { numRuns: 300 },
  )
  t.ok(repaired > 20, `it was put to the test ${repaired} times`)
})

const HOLDS: readonly ((view: View, name: string) => View)[] = [
  (view, name) => ({
    ...view,
    switches: {
      ...view.switches,
      nodes: new Map([...view.switches.nodes, [name, { reason: 'held', until: undefined }]]),
    },
  }),
  (view, name) => ({ ...view, unreadable: new Map([...view.unreadable, [name, 'garbage']]) }),
  (view, name) => ({
    ...view,
    instances: new Map([...view.instances, [name, instance(name, {}, { located: { mismatch: 'held' } })]]),
  }),
  (view, name) => ({
    ...view,
    nodes: new Map([...view.nodes].map(([key, node]) => [key, key === name ? { ...node, deleting: true } : node])),
  }),
  (view, name) => ({ ...view, ownNode: name }),
]

t.test('a hold on a node never repairs it, and never raises the number in repair', async (t) => {
  let spared = 0
  fc.assert(
    fc.property(PICTURES, POLICIES, fc.nat(39), fc.constantFrom(...HOLDS), (all, rules, pick, hold) => {
      if (all.length === 0) return
      const view = toView(all)
      const first = opened(view, rules)[0]?.node
      for (const name of new Set([nameAt(pick % all.length), first ?? nameAt(0)])) {
        const held = hold(view, name)
        t.not(decide(held, rules).verdicts.get(name)?.kind, 'repair')
        t.ok(inRepair(held, rules) <= inRepair(view, rules), 'no more than before')
        if (name === first) spared += 1
      }
    }),
    { numRuns: 400 },
  )
  t.ok(spared > 20, `a node that would have been repaired was held ${spared} times`)
})

t.test('while what was tried on one of a burst has not helped, no other of it is ever begun with', async (t) => {
  let held = 0
  const failed = [attempt()]
  fc.assert(
    fc.property(quietMembers, POLICIES, fc.constantFrom('Parked', 'Pending'), (all, rules, phase) => {
      const view = toView(all.map((one) => ({ ...one, phase: undefined, power: 'running' as const })))
      const first = opened(view, rules)[0]?.node
      if (first === undefined) return
      // Another node failed with it, and one rung has not helped that one.
      const since = view.suspicions.get(first)?.clocks[0]?.failingSince ?? 0
      const evidence = [{ check: 'x', plane: 'lease', symptom: 'Silent', reason: 'x', failingForSeconds: 300 }]
      const createdAt = view.calendar - (view.now - since) + 300_000
      const canary = repair('other', { phase, attempts: failed }, { createdAt, spec: { evidence } })
      if (view.calendar - createdAt >= 24 * 60 * MINUTE) return
      held += 1
      const picture = { ...view, repairs: new Map([...view.repairs, ['other', canary]]) }
      const result = decide(picture, rules).verdicts.get(first)
      t.equal(result?.kind, 'hold')
      t.ok(result?.gates.some(({ reason }) => reason === 'CanaryFailed'))
    }),
    { numRuns: 200 },
  )
  t.ok(held > 20, `it was put to the test ${held} times`)
})

t.test('an empty selection selects nothing', async (t) => {
  const none = { enabled: false, ladder: RULES.roles.worker.ladder }
  const empty = { enabled: true, ladder: [] }
  fc.assert(
    fc.property(PICTURES, (all) => {
      const view = toView(all)
      for (const role of [none, empty]) {
        const { verdicts } = decide(view, { ...LOOSE, roles: { master: role, worker: role } })
        t.notOk([...verdicts.values()].some(({ kind }) => kind === 'repair'))
      }
      const nobody = decide({ ...view, suspicions: new Map(), repairs: new Map() }, LOOSE)
      t.strictSame(nobody, { verdicts: new Map(), wakeAt: undefined })
    }),
  )
})

t.test('the same picture gets the same answer, and is left as it was', async (t) => {
  fc.assert(
    fc.property(PICTURES, POLICIES, (all, rules) => {
      const view = toView(all)
      const before = structuredClone(view)
      t.strictSame(decide(view, rules), decide(view, rules))
      t.strictSame(view, before)
    }),
    { numRuns: 50 },
  )
})

t.test('who is neither failing nor in repair gets no verdict', async (t) => {
  fc.assert(
    fc.property(PICTURES, (all) => {
      const { verdicts } = decide(toView(all), RULES)
      const open = new Set<unknown>(['Pending', 'Draining', 'Acting', 'Verifying', 'Soaking', 'Parked'])
      const expected = all.flatMap(({ failingForMs, phase }, index) =>
        failingForMs !== undefined || open.has(phase) ? [nameAt(index)] : [],
      )
      t.strictSame([...verdicts.keys()].sort(), expected.sort())
    }),
  )
})
