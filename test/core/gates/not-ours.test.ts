import t from 'tap'
import { decide } from '../../../src/core/decide.ts'
import { beginRound } from '../../../src/core/round/round.ts'
import { standstills } from '../../../src/core/standstill.ts'
import { failing, instance, MINUTE, masters, node, policy, suspicion, view, workers } from '../../support/pure/view.ts'

const WHY = 'it carries the label type=virtual-kubelet'
const [first, ...rest] = workers(6)

/** Six workers, `w0` dead, and so many dead nodes that are no machines of ours, in pool and zone of the others. */
function beside(foreign: number, notOurs: string | undefined) {
  const strangers = Array.from({ length: foreign }, (_, index) =>
    node(`v${index}`, { zone: 'a', ...(notOurs === undefined ? {} : { notOurs }) }),
  )
  const nodes = [...masters(3), ...(first ? [{ ...first, zone: 'a' }] : []), ...rest, ...strangers]
  const dead = ['w0', ...strangers.map(({ name }) => name)]
  const suspicions = dead.map((name) => suspicion(name, [failing(10 * MINUTE)]))
  return view({ nodes, suspicions, instances: { w0: instance('w0') } })
}

t.test('nodes that are no machine of ours hold nobody back, whichever gate looks at many', async (t) => {
  for (const foreign of [1, 3, 12]) {
    const { verdicts } = decide(beside(foreign, WHY), policy())
    t.equal(verdicts.get('w0')?.kind, 'repair', `${foreign} of them`)
    t.not(
      decide(beside(foreign, undefined), policy()).verdicts.get('w0')?.kind,
      'repair',
      'as machines of ours they do',
    )
  }
})

t.test('they are not among those of whom a share is taken', async (t) => {
  const { census } = beginRound(beside(12, WHY), policy())
  t.match(census.cluster, { size: 9, bad: 1 })
  t.match(census.pools.get('worker'), { size: 6, bad: 1 })
  t.match(census.zones.get('a'), { size: 1, bad: 1 })
})

t.test('what fails in the same minutes as they do is no mass fault', async (t) => {
  const small = workers(3)
  const stranger = node('v0', { pool: 'virtual', notOurs: WHY })
  const failed = { suspicions: ['w0', 'v0'].map((name) => suspicion(name, [failing(10 * MINUTE)])) }
  const seen = (notOurs: string | undefined) => {
    const { notOurs: _, ...machine } = stranger
    const nodes = [...masters(3), ...small, notOurs === undefined ? machine : stranger]
    return view({ ...failed, nodes, instances: { w0: instance('w0') } })
  }
  t.equal(decide(seen(WHY), policy()).verdicts.get('w0')?.kind, 'repair')
  t.equal(decide(seen(undefined), policy()).verdicts.get('w0')?.kind, 'hold', 'a machine of ours is a companion')
})

t.test('they are never acted on, and nothing waits for them', async (t) => {
  const seen = beside(2, WHY)
  const decision = decide(seen, policy())
  for (const name of ['v0', 'v1']) {
    t.match(decision.verdicts.get(name), { kind: 'hold' })
    t.match(
      decision.verdicts.get(name)?.gates.find(({ gate }) => gate === 'OptedOut'),
      { pass: false, reason: 'NotOurs' },
    )
  }
  t.strictSame(standstills(seen, policy(), decision), [])
})

t.test('a control-plane node is counted for the quorum whosever machine it is', async (t) => {
  const [m0, m1, m2] = masters(3)
  if (m0 === undefined || m1 === undefined || m2 === undefined) return
  const seen = view({
    nodes: [m0, m1, { ...m2, notOurs: WHY }, ...workers(10)],
    suspicions: ['m0', 'm2'].map((name) => suspicion(name, [failing(10 * MINUTE)])),
    instances: { m0: instance('m0') },
  })
  const quorum = decide(seen, policy())
    .verdicts.get('m0')
    ?.gates.find(({ gate }) => gate === 'Quorum')
  t.match(quorum, { pass: false, have: { healthyWithout: 1, size: 3 } })
})
