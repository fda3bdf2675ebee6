import fc from 'fast-check'
import t from 'tap'
import { countGroups } from '../../../src/core/round/group-counts.ts'
import { countQuorum, type Quorum } from '../../../src/core/round/quorum.ts'
import { masters, policy, view } from '../../support/pure/view.ts'

function quorumOf(present: number, controlPlaneSeen: number, size?: number): Quorum {
  const picture = view({ nodes: masters(present), rest: { controlPlaneSeen } })
  const rules = policy({ controlPlaneSize: size })
  return countQuorum(picture, rules, countGroups(picture, rules), 'control-plane')
}

t.test('losing three of five leaves a quorum of three to be found, not one of two', async (t) => {
  t.same(quorumOf(2, 5), { size: 5, needed: 3, healthy: 2 })
})

t.test('when five are not remembered any more, three have a quorum of two', async (t) => {
  t.same(quorumOf(3, 3), { size: 3, needed: 2, healthy: 3 })
})

t.test('without a memory those that are there count, and the configuration overrides both', async (t) => {
  t.same(quorumOf(3, 0), { size: 3, needed: 2, healthy: 3 })
  t.same(quorumOf(3, 5, 3), { size: 3, needed: 2, healthy: 3 })
})

t.test('a memory of more nodes never needs fewer healthy ones', async (t) => {
  const nat = fc.integer({ min: 0, max: 9 })
  const property = fc.property(fc.integer({ min: 1, max: 9 }), nat, nat, (present, seen, more) => {
    const [less, much] = [quorumOf(present, seen), quorumOf(present, seen + more)]
    return much.needed >= less.needed && less.size >= present
  })
  t.doesNotThrow(() => fc.assert(property))
})
