import fc from 'fast-check'
import t from 'tap'
import { decide } from '../../src/core/decide.ts'
import { isProvenOff } from '../../src/core/model/instance.ts'
import { type NodeRepair, type Phase, phaseOf, runningAttempt, takesSlot } from '../../src/core/model/node-repair.ts'
import type { Policy } from '../../src/core/model/policy.ts'
import type { Verdict, View } from '../../src/core/model/view.ts'
import { quietMembers, toView } from '../support/pure/arbitrary-view.ts'
import { attempt, HOUR, MINUTE, policy, repair } from '../support/pure/view.ts'

/** Nothing but the limits holds anybody: what fails together is not taken for one cause. */
const RULES = policy({
  correlated: { windowMs: 0, minSuspects: 2 },
  breaker: { poolPercent: 100, clusterPercent: 100, smallPool: 4 },
  zone: { minBad: 100, percent: 100 },
  inFlight: { pool: { percent: 20, min: 1 }, masters: 1 },
  rate: { perNode: 100, perNodeWindowMs: HOUR, perHour: 4, perDay: 10 },
})
const NEXT: Readonly<Partial<Record<Phase, Phase>>> = {
  Acting: 'Verifying',
  Verifying: 'Soaking',
  Soaking: 'Succeeded',
}

/** One round of a controller: opens what `decide` opens, issues what it lets act, and moves some repairs on. */
function act(view: View, verdicts: ReadonlyMap<string, Verdict>, moves: ReadonlySet<number>): Map<string, NodeRepair> {
  const repairs = new Map(view.repairs)
  const issuedAt = new Date(view.calendar).toISOString()
  for (const [index, one] of [...view.repairs.values()].entries()) {
    const status = one.status
    const phase = status === undefined || !moves.has(index % 8) ? undefined : NEXT[status.phase]
    if (status === undefined || phase === undefined) continue
    const attempts = status.attempts.map((each) =>
      phase === 'Succeeded' ? { ...each, state: 'Verified' as const } : each,
    )
    repairs.set(one.name, { ...one, status: { ...status, phase, attempts } })
  }
  for (const verdict of verdicts.values()) {
    if (verdict.kind !== 'repair') continue
    const known = verdict.repair === undefined ? undefined : repairs.get(verdict.repair)
    const facts = view.nodes.get(verdict.node)
    if (known?.status !== undefined && verdict.rung !== 'human') {
      const attempts = [
        ...known.status.attempts,
        attempt({
          id: known.status.attempts.length + 1,
          rung: verdict.rung ?? 'start',
          state: 'Issued',
          issuedAt,
          finishedAt: undefined,
        }),
      ]
      repairs.set(known.name, { ...known, status: { ...known.status, phase: 'Acting', attempts } })
    } else if (facts !== undefined) {
      const name = `${verdict.node}-new-${repairs.size}`
      repairs.set(
        name,
        repair(verdict.node, {}, { name, createdAt: view.calendar, spec: { role: facts.role, pool: facts.pool } }),
      )
    }
  }
  return repairs
}

function countBy(repairs: Iterable<NodeRepair>, key: (one: NodeRepair) => string): Map<string, number> {
  const counts = new Map<string, number>()
  for (const one of repairs) if (takesSlot(one)) counts.set(key(one), (counts.get(key(one)) ?? 0) + 1)
  return counts
}

function actsSince(repairs: Iterable<NodeRepair>, since: number): number {
  return [...repairs]
    .flatMap(({ status }) => status?.attempts ?? [])
    .filter(({ issuedAt, rung }) => rung !== 'start' && Date.parse(issuedAt) > since).length
}

function poolLimit(view: View, pool: string, rules: Policy): number {
  const size = [...view.nodes.values()].filter((one) => one.pool === pool).length
  return Math.max(rules.inFlight.pool.min, Math.floor((size * rules.inFlight.pool.percent) / 100))
}

t.test('never more in repair than allowed, whatever the delay of the watch', async (t) => {
  const rounds = fc.array(
    fc.record({
      laterMs: fc.constantFrom(1_000, MINUTE, 10 * MINUTE),
      behind: fc.boolean(),
      moves: fc.uniqueArray(fc.nat(7)),
    }),
    { minLength: 5, maxLength: 25 },
  )
  let most = 0
  let acts = 0
  let starts = 0
  fc.assert(
    fc.property(quietMembers, rounds, (all, steps) => {
      let picture = toView(all.map((one) => ({ ...one, phase: undefined, paused: false, pastRepairs: 0 })))
      let truth: ReadonlyMap<string, NodeRepair> = picture.repairs
      for (const { laterMs, behind, moves } of steps) {
        // Behind: decide sees the store of the round before, and is told so. Otherwise every write was folded in.
        const repairs = behind ? picture.repairs : truth
        const sight = { ...picture.sight, repairsBehind: behind }
        picture = { ...picture, now: picture.now + laterMs, calendar: picture.calendar + laterMs, repairs, sight }
        const { verdicts } = decide(picture, RULES)
        if (behind) {
          t.notOk(
            [...verdicts.values()].some(({ kind }) => kind === 'repair'),
            'nobody acts on an old store',
          )
          continue
        }
        truth = act(picture, verdicts, new Set(moves))
        const { instances } = picture
        const slots = [...truth.values()].filter(({ spec }) => !isProvenOff(instances.get(spec.nodeName)))
        for (const [pool, count] of countBy(slots, ({ spec }) => spec.pool)) {
          t.ok(count <= poolLimit(picture, pool, RULES), `pool ${pool}: ${count}`)
        }
        t.ok((countBy(slots, ({ spec }) => spec.role).get('master') ?? 0) <= 1, 'one control-plane node')
        const starting = [...truth.values()].filter(
          (one) => runningAttempt(one)?.rung === 'start' && phaseOf(one) !== 'Soaking',
        )
        for (const [pool, count] of countBy(starting, ({ spec }) => spec.pool)) {
          t.ok(count <= 1, `pool ${pool}: ${count} started at once`)
        }
        starts += starting.length
        const running = [...truth.values()].filter((one) => runningAttempt(one) !== undefined)
        most = Math.max(most, running.length)
        const lastHour = actsSince(truth.values(), picture.calendar - HOUR)
        acts = Math.max(acts, lastHour)
        t.ok(lastHour <= RULES.rate.perHour, `${lastHour} acts in an hour`)
        t.ok(actsSince(truth.values(), picture.calendar - 24 * HOUR) <= RULES.rate.perDay, 'acts in a day')
      }
    }),
    { numRuns: 150 },
  )
  t.ok(most > 1, `up to ${most} acted at once`)
  t.equal(acts, RULES.rate.perHour, 'the budget was reached')
  t.ok(starts > 20, `started, seen ${starts} times`)
})
