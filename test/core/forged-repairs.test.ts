import t from 'tap'
import { decide } from '../../src/core/decide.ts'
import type { NodeRepair } from '../../src/core/model/node-repair.ts'
import type { View } from '../../src/core/model/view.ts'
import {
  failing,
  instance,
  MINUTE,
  masters,
  NOW,
  node,
  oneBrokenWorker,
  policy,
  repair,
  suspicion,
  workers,
} from '../support/pure/view.ts'

// What somebody with the right to create NodeRepairs can bring about: an object without a status, or one to which a
// leader has given its first.
const gateOf = (view: View, node: string, gate: string) =>
  decide(view, policy())
    .verdicts.get(node)
    ?.gates.find((one) => one.gate === gate)

const BOTH: readonly [string, Parameters<typeof repair>[1]][] = [
  ['as it was created', undefined],
  ['as a leader takes it over', {}],
]

for (const [how, status] of BOTH) {
  const ghosts = (spec: Partial<NodeRepair['spec']> = {}): NodeRepair[] =>
    Array.from({ length: 10 }, (_, index) => repair(`ghost-${index}`, status, { spec }))

  t.test(`repairs of nodes that nobody has seen count nowhere (${how})`, async (t) => {
    const nodes = [...masters(3), ...workers(30, { zone: 'a' })]
    const repairs = ghosts({ pool: 'worker', zone: 'a', evidence: [] })
    const plain = decide(oneBrokenWorker({ nodes }), policy()).verdicts.get('w0')
    const haunted = decide(oneBrokenWorker({ nodes, repairs }), policy()).verdicts.get('w0')
    t.equal(haunted?.kind, 'repair')
    t.same(haunted?.gates, plain?.gates)
  })

  t.test(`the master's one slot goes by what the Node is (${how})`, async (t) => {
    const repairs = [repair('w5', status, { spec: { role: 'master', evidence: [] } })]
    const nodes = [...masters(3), ...workers(10)]
    const suspicions = [suspicion('m0', [failing(10 * MINUTE)])]
    const view = oneBrokenWorker({ nodes, suspicions, repairs, instances: { m0: instance('m0') } })
    t.match(gateOf(view, 'm0', 'InFlight'), { pass: true })
  })

  t.test(`a master in repair takes the masters' slot, whatever its repair calls it (${how})`, async (t) => {
    const repairs = [repair('m1', status, { createdAt: 0, spec: { role: 'worker' } })]
    const nodes = [...masters(3), ...workers(10)]
    const suspicions = ['m0', 'm1'].map((name) => suspicion(name, [failing(10 * MINUTE)]))
    const view = oneBrokenWorker({ nodes, suspicions, repairs, instances: { m0: instance('m0'), m1: instance('m1') } })
    t.match(gateOf(view, 'm0', 'InFlight'), { pass: false, reason: 'ControlPlaneInRepair' })
  })

  t.test(`a machine that another node's repair only names is nobody's (${how})`, async (t) => {
    const repairs = [repair('w5', status, { spec: { instance: { id: 'machine-w0', name: 'w0' } } })]
    t.match(gateOf(oneBrokenWorker({ repairs }), 'w0', 'AlreadyInRepair'), { pass: true })
  })

  t.test(`a cordon is older than the failing by heald's clock, not by what a repair says (${how})`, async (t) => {
    const nodes = [...masters(3), node('w0', { unschedulable: true }), ...workers(10).slice(1)]
    const suspicions = [suspicion('w0', [failing(10 * MINUTE)], { cordonedSince: NOW - 20 * MINUTE })]
    const [one] = repair('w0', status).spec.evidence
    const evidence = one === undefined ? [] : [{ ...one, failingForSeconds: 1e9 }]
    const view = oneBrokenWorker({ nodes, suspicions, repairs: [repair('w0', status, { spec: { evidence } })] })
    t.match(gateOf(view, 'w0', 'OtherActor'), { pass: false, reason: 'CordonedByOther' })
  })

  t.test(`what fails together is one cause, whatever a repair says (${how})`, async (t) => {
    const suspicions = ['w0', 'w1', 'w2'].map((name) => suspicion(name, [failing(10 * MINUTE)]))
    const [one] = repair('w0', status).spec.evidence
    const evidence = one === undefined ? [] : [{ ...one, failingForSeconds: 1e9 }]
    const nodes = [...masters(3), ...workers(100)]
    const picture = { nodes, suspicions, instances: { w1: instance('w1'), w2: instance('w2') } }
    const repairs = [repair('w0', status, { spec: { evidence } })]
    t.match(gateOf(oneBrokenWorker({ ...picture, repairs }), 'w1', 'CorrelatedCause'), { pass: false })
  })
}
