import t from 'tap'
import { currentNode } from '../../../src/core/repair/repair-node.ts'
import { attempt, CALENDAR, HOUR, instance, node, repair, view } from '../../support/pure/view.ts'

const machine = { id: 'machine-new', name: 'w0' }
const found = instance('w0', {}, { located: { found: machine } })
const old = node('w0', { createdAt: CALENDAR - 9 * HOUR })
const fresh = node('w0-again', { createdAt: CALENDAR - HOUR })

t.test('until a replacement is known, the Node of its name stands for a machine', async (t) => {
  t.equal(currentNode(repair('w0'), view({ nodes: [old, fresh], instances: { w0: found } })), old)
})

t.test('a replacement is whoever proves to be it, under whatever name', async (t) => {
  const replaced = repair('w0', { replacement: { instance: machine }, attempts: [attempt({ rung: 'replace' })] })
  t.equal(currentNode(replaced, view({ nodes: [old, fresh], instances: { 'w0-again': found } })), fresh)
  t.equal(currentNode(replaced, view({ nodes: [old, fresh], instances: { w0: instance('w0') } })), undefined)
})

t.test('where old and new Node are both found on the new machine, the newest one counts, in any order', async (t) => {
  const replaced = repair('w0', { replacement: { instance: machine }, attempts: [attempt({ rung: 'replace' })] })
  for (const instances of [
    { w0: found, 'w0-again': found },
    { 'w0-again': found, w0: found },
  ]) {
    t.equal(currentNode(replaced, view({ nodes: [old, fresh], instances })), fresh)
  }
})

t.test('a replacement that heald did not make, written by hand, hides nobody', async (t) => {
  const byHand = repair('w0', { replacement: { instance: machine } })
  t.equal(currentNode(byHand, view({ nodes: [old], instances: { w0: instance('w0') } })), old)
})
