import t from 'tap'
import type { NodeFacts } from '../../src/core/model/node.ts'
import type { NodeRepair } from '../../src/core/model/node-repair.ts'
import { createTwins, createWellNodes } from '../../src/observer/suspect-nodes.ts'
import { node, repair } from '../support/pure/view.ts'

function world(...first: readonly NodeFacts[]) {
  const items = new Map(first.map((facts) => [facts.name, facts]))
  const listeners: ((name: string, after?: NodeFacts, before?: NodeFacts) => void)[] = []
  const twinOf = createTwins({ items, onChange: (listener) => void listeners.push(listener) })
  return {
    twinOf,
    change(name: string, after?: NodeFacts) {
      const before = items.get(name)
      if (after === undefined) items.delete(name)
      else items.set(name, after)
      for (const listener of listeners) listener(name, after, before)
    },
  }
}

const on = (name: string, providerID: string | undefined): NodeFacts => node(name, { providerID })

t.test('the twin is another Node that names the same machine, from the start or later', async (t) => {
  const { twinOf, change } = world(on('a', 'm1'), on('b', 'm2'))
  t.equal(twinOf(on('a', 'm1')), undefined)
  change('c', on('c', 'm1'))
  t.equal(twinOf(on('a', 'm1')), 'c')
  t.equal(twinOf(on('c', 'm1')), 'a')
  t.equal(twinOf(on('b', 'm2')), undefined)
})

t.test('a Node that is gone, or names another machine, is no twin any more', async (t) => {
  const { twinOf, change } = world(on('a', 'm1'), on('b', 'm1'), on('c', 'm1'))
  change('b')
  t.equal(twinOf(on('a', 'm1')), 'c')
  change('c', on('c', 'm2'))
  t.equal(twinOf(on('a', 'm1')), undefined)
  t.equal(twinOf(on('b', 'm2')), 'c')
})

t.test("Nodes that name no machine are nobody's twins", async (t) => {
  const { twinOf } = world(on('a', undefined), on('b', undefined))
  t.equal(twinOf(on('a', undefined)), undefined)
})

t.test('the same hardware at the same address is one machine, whatever name the cloud has for it', async (t) => {
  const at = (name: string, address: string, hardware: Partial<NodeFacts>): NodeFacts =>
    node(name, { providerID: undefined, addresses: [{ type: 'InternalIP', address }], ...hardware })
  const old = at('old', '10.0.0.1', { providerID: 'm1', systemUUID: 's1', machineID: 'id1' })
  const { twinOf, change } = world(old)
  change('new', at('new', '10.0.0.1', { systemUUID: 's1', machineID: 'id2' }))
  t.equal(twinOf(old), 'new', 'a renamed machine')
  change('new', at('new', '10.0.0.1', { systemUUID: 's2', machineID: 'id1' }))
  t.equal(twinOf(old), 'new', 'one whose firmware has another number')
  change('new', at('new', '10.0.0.1', { systemUUID: 's2', machineID: 'id2' }))
  t.equal(twinOf(old), undefined, 'another machine has the address now')
  change('new', at('new', '10.0.0.2', { systemUUID: 's1', machineID: 'id1' }))
  t.equal(twinOf(old), undefined, 'two containers of one host')
  change('new', at('new', '10.0.0.1', {}))
  t.equal(twinOf(old), undefined, 'a machine that says nothing of itself')
})

t.test(
  'well is who is Ready, fails no check and is not in repair, as of the last change of any of these',
  async (t) => {
    const ready = (status: 'True' | 'Unknown'): Partial<NodeFacts> => ({ conditions: [{ type: 'Ready', status }] })
    const nodes = new Map(
      ['a', 'b', 'c', 'd'].map((name) => [name, node(name, ready(name === 'd' ? 'Unknown' : 'True'))]),
    )
    const repairs = new Map<string, NodeRepair>()
    const failing = new Set<string>()
    const listeners: ((name: string, after: undefined, before: undefined) => void)[] = []
    const onChange = (listener: (typeof listeners)[number]): void => void listeners.push(listener)
    const findings = { failing: () => failing, failingVersion: 0 }
    const wellNodes = createWellNodes({ items: nodes, onChange }, { items: repairs, onChange }, findings)
    const names = (): readonly string[] => wellNodes().map(({ name }) => name)
    const told = (): void => {
      for (const listener of listeners) listener('any', undefined, undefined)
    }

    t.same(names(), ['a', 'b', 'c'], 'one that is not Ready is not well')
    t.equal(wellNodes(), wellNodes(), 'the same list while nothing changes')
    failing.add('a')
    findings.failingVersion += 1
    t.same(names(), ['b', 'c'])
    const one = repair('b', { phase: 'Acting' })
    repairs.set(one.name, one)
    told()
    t.same(names(), ['c'])
    nodes.set('d', node('d', ready('True')))
    told()
    t.same(names(), ['c', 'd'])
  },
)
