import fc from 'fast-check'
import t from 'tap'
import { decide } from '../../../../src/core/decide.ts'
import type { NodeRepair } from '../../../../src/core/model/node-repair.ts'
import { phaseOf } from '../../../../src/core/model/node-repair.ts'
import type { RepairTimer, Suspicion, View } from '../../../../src/core/model/view.ts'
import { lockedBy } from '../../../../src/core/repair/lock.ts'
import { advanceAll } from '../../../../src/core/repair/phases/advance-all.ts'
import { newTimer } from '../../../../src/core/repair/repair-timers.ts'
import { type Broken, broken, RULES, toView } from '../../../support/pure/together.ts'
import { failing, MINUTE, NOW, passing, suspicion, witness } from '../../../support/pure/view.ts'

function nextOf(view: View) {
  return advanceAll(view, RULES, decide(view, RULES).verdicts)
}

t.test('repairs that are due for the same batch begin together, each naming the others', async (t) => {
  const next = nextOf(toView([broken(), broken(), broken({ batchKey: 'another' })]))
  t.match(next.get('w0-1'), { do: 'issue', with: ['w1-1'] })
  t.match(next.get('w1-1'), { do: 'issue', with: ['w0-1'] })
  t.match(next.get('w2-1'), { do: 'issue', with: undefined })
})

t.test('one that may be due in a moment is waited for by name, for 20 s and no longer', async (t) => {
  const coming = broken({ phase: 'Verifying' })
  const next = nextOf(toView([broken(), coming])).get('w0-1')
  t.match(next, { wait: 1_000, reason: 'Gathering', why: 'waits for w1 to go together', gatherUntil: NOW + 20_000 })
  const since = (gatherUntil: number) => nextOf(toView([broken({ timer: { gatherUntil } }), coming])).get('w0-1')
  t.match(since(NOW + 1), { reason: 'Gathering', gatherUntil: NOW + 1 })
  t.match(since(NOW), { do: 'issue' })
  const failed = broken({ timer: { failures: 1 } })
  t.match(nextOf(toView([broken(), failed])).get('w0-1'), { reason: 'Gathering' }, 'due, but its last effect failed')
  const refused = broken({ attempt: 'NotSent' })
  t.match(nextOf(toView([broken(), refused])).get('w0-1'), { do: 'issue', with: undefined })
})

t.test('a silent node whose last heartbeat is not stale yet is waited for as well', async (t) => {
  const nextBeside = (late: Suspicion) => {
    const view = toView([broken()])
    return nextOf({ ...view, suspicions: new Map([...view.suspicions, [late.node, late]]) }).get('w0-1')
  }
  const silent = failing(10 * MINUTE, { plane: 'lease', symptom: 'Silent' })
  const beats = suspicion('w9', [silent], { witnesses: [witness('lease', 'Silent', 'pass')] })
  t.match(nextBeside(beats), { reason: 'Gathering', why: 'waits for w9 to go together' })
  t.match(nextBeside(suspicion('w9', [passing()])), { do: 'issue' })
})

t.test('a lock that an act under way holds is waited for, and named', async (t) => {
  const acting = broken({ phase: 'Acting', attempt: 'Issued', batchKey: 'another' })
  const next = nextOf(toView([broken(), acting])).get('w0-1')
  t.match(next, { wait: 5_000, reason: 'Locked', why: 'waits for its lock: replace of w1 holds it' })
  t.match(next, { notBefore: NOW + 5_000 }, 'and asked for again after 5 s, though it may be free before')
  const asked = broken({ timer: { notBefore: NOW + 2_000 } })
  t.match(nextOf(toView([asked, acting])).get('w0-1'), { wait: 2_000, reason: 'Locked', notBefore: undefined })
  t.match(nextOf(toView([asked])).get('w0-1'), { wait: 2_000, reason: 'Backoff' })
  const elsewhere = { ...acting, lockKey: 'another' }
  t.match(nextOf(toView([broken(), elsewhere])).get('w0-1'), { do: 'issue' })
})

const MEMBER = broken({ phase: 'Acting', attempt: 'Issued', batch: 'b.1' })

t.test('a later step needs a yes from each member, and is only watched when one may only watch', async (t) => {
  const second = (change: Partial<Broken>) => nextOf(toView([MEMBER, { ...MEMBER, ...change }])).get('w0-1')
  t.match(second({}), { do: 'step', with: ['w1-1'] })
  t.match(second({ paused: true }), { do: 'recover', with: ['w1-1'] })
  t.match(second({ timer: { stepKnown: false } }), { do: 'recover', with: ['w1-1'] })
  const waits = { wait: 1_000, reason: 'Companion', why: /^waits for w1, which goes together with it: / }
  t.match(second({ timer: { nextStepAt: NOW + 9 } }), waits)
  t.match(second({ timer: { busy: true } }), waits)
  t.match(second({ timer: { notBefore: NOW + 9 } }), waits)
  t.match(second({ timer: { countedMs: 1e12 } }), waits, 'it is past its deadline')
  t.match(second({ unreadable: true }), waits)
  t.match(second({ batch: 'b.2' }), { do: 'step', with: undefined }, 'of another act')
  t.match(second({ phase: 'Verifying' }), { do: 'step', with: undefined }, 'it has ended')
})

t.test('after a failure, and while something is under way, nothing is begun', async (t) => {
  const late = nextOf(toView([broken({ timer: { notBefore: NOW + 3_000 } })])).get('w0-1')
  t.match(late, { wait: 3_000, reason: 'Backoff' })
  t.match(nextOf(toView([broken({ timer: { busy: true } })])).get('w0-1'), { wait: Number.POSITIVE_INFINITY })
})

const timers: fc.Arbitrary<Partial<RepairTimer>> = fc.record({
  busy: fc.nat(5).map((n) => n === 0),
  failures: fc.constantFrom(0, 0, 0, 1),
  notBefore: fc.constantFrom(0, 0, 0, NOW + 1),
  gatherUntil: fc.constantFrom(undefined, NOW - 1, NOW - 1, NOW + 1),
  stepKnown: fc.boolean(),
  nextStepAt: fc.constantFrom(0, 0, NOW + 1),
})
const anyBroken: fc.Arbitrary<Broken> = fc.record({
  phase: fc.constantFrom('Pending', 'Pending', 'Acting', 'Verifying'),
  attempt: fc.constantFrom(undefined, 'NotSent', 'Issued', 'Unknown'),
  batch: fc.constantFrom(undefined, 'b.1', 'b.2'),
  batchKey: fc.constantFrom(undefined, 'group', 'group', 'another'),
  lockKey: fc.constantFrom('stack', 'stack', 'another'),
  paused: fc.nat(6).map((n) => n === 0),
  unreadable: fc.nat(9).map((n) => n === 0),
  dryRun: fc.nat(9).map((n) => n === 0),
  timer: timers,
})
const anyView = fc.array(anyBroken, { minLength: 1, maxLength: 5 }).map((all) => toView(all))

function always(rule: (view: View, next: ReturnType<typeof nextOf>) => boolean): () => void {
  return () =>
    fc.assert(
      fc.property(anyView, (view) => rule(view, nextOf(view))),
      { numRuns: 1_000 },
    )
}

function named(next: ReturnType<typeof nextOf>, view: View): readonly (readonly [NodeRepair, NodeRepair])[] {
  return [...next].flatMap(([name, one]) => {
    const others = 'with' in one ? (one.with ?? []) : []
    return others.map((other) => [view.repairs.get(name)!, view.repairs.get(other)!] as const)
  })
}

t.test('the views reach what they must', async (t) => {
  const seen = new Set<string>()
  for (const view of fc.sample(anyView, { numRuns: 3_000, seed: 1 })) {
    for (const one of nextOf(view).values()) {
      seen.add('wait' in one ? (one.reason ?? 'wait') : `${one.do}${'with' in one && one.with ? ' with' : ''}`)
    }
  }
  const reached = ['Backoff', 'Companion', 'Gathering', 'Locked', 'issue', 'issue with', 'recover', 'recover with']
  for (const what of [...reached, 'step', 'step with', 'wait']) t.ok(seen.has(what), what)
})

t.test('what is busy, fails, can not be read or is made up by dry-run is never begun, by nobody', async (t) => {
  const free = (one: NodeRepair, view: View): boolean => {
    const timer = view.timers.get(one.name) ?? newTimer(one)
    const readable = !view.unreadable.has(one.spec.nodeName) && one.uid !== ''
    return readable && !timer.busy && timer.notBefore <= view.now
  }
  t.doesNotThrow(
    always((view, next) => [...next].every(([name, one]) => 'wait' in one || free(view.repairs.get(name)!, view))),
  )
  t.doesNotThrow(
    always((view, next) =>
      named(next, view).every(([, other]) => !view.timers.get(other.name)?.busy && other.uid !== ''),
    ),
  )
})

t.test('no act begins while another one holds its lock', async (t) => {
  t.doesNotThrow(
    always((view, next) =>
      [...next].every(([name, one]) => {
        if ('wait' in one || one.do !== 'issue') return true
        return lockedBy(view.repairs.get(name)!, one.rung, view, undefined) === undefined
      }),
    ),
  )
})

t.test(
  'whoever goes together is in the same phase, and no step is taken that one of them did not agree to',
  async (t) => {
    t.doesNotThrow(
      always((view, next) =>
        named(next, view).every(([one, other]) => {
          const effect = next.get(one.name)!
          const agrees = 'wait' in effect || effect.do !== 'step' || view.timers.get(other.name)?.stepKnown === true
          const both = [phaseOf(one), phaseOf(other)]
          return agrees && (both.every((phase) => phase === 'Acting') || both.every((phase) => phase === 'Pending'))
        }),
      ),
    )
  },
)

t.test('the order in which repairs are listed does not matter', async (t) => {
  const told = (view: View): string => {
    const all = [...nextOf(view)].map(([name, one]) => {
      if ('wait' in one) return `${name}: ${one.reason ?? one.why}`
      return `${name}: ${one.do} with ${[...('with' in one ? (one.with ?? []) : [])].sort().join()}`
    })
    return all.sort().join()
  }
  t.doesNotThrow(always((view) => told(view) === told({ ...view, repairs: new Map([...view.repairs].reverse()) })))
})
