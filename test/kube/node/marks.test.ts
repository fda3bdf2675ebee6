import fc from 'fast-check'
import t from 'tap'
import { MARKS_ANNOTATION, readMarks, SCALE_DOWN_DISABLED } from '../../../src/core/annotations/marks.ts'
import type { NodeFacts } from '../../../src/core/model/node.ts'
import { markPatch, type NodePatch, unmarkPatch } from '../../../src/kube/node/marks.ts'
import { parseNode } from '../../../src/kube/node/nodes.ts'

function node(unschedulable: boolean, annotations: Record<string, string> = {}): NodeFacts {
  const metadata = { name: 'worker-1', uid: 'u', resourceVersion: '1', annotations }
  const parsed = parseNode([])({ metadata, spec: { unschedulable } })
  if (parsed === undefined) throw new Error('not a node')
  return parsed.item
}

/** As the API server merges it. */
function after(facts: NodeFacts, patch: NodePatch | undefined): NodeFacts {
  const annotations: Record<string, string> = { ...facts.annotations }
  for (const [key, value] of Object.entries(patch?.annotations ?? {})) {
    if (value === null) delete annotations[key]
    else annotations[key] = value
  }
  const unschedulable = patch?.unschedulable === undefined ? facts.unschedulable : patch.unschedulable === true
  return { ...facts, annotations, unschedulable }
}

const mark = (facts: NodeFacts, cordon = true, repair = 'r-1'): NodeFacts =>
  after(facts, markPatch(facts, { owner: 'a/b', repair }, cordon))
const unmark = (facts: NodeFacts): NodeFacts => after(facts, unmarkPatch(facts, false))

t.test(
  'marking sets cordon and scale-down-disabled, says so in the annotation, and unmarking takes both back',
  async (t) => {
    const marked = mark(node(false))
    t.equal(marked.unschedulable, true)
    t.equal(marked.annotations[SCALE_DOWN_DISABLED], 'true')
    t.same(readMarks(marked), { owner: 'a/b', repair: 'r-1', cordon: true, scaleDownDisabled: true })
    t.same(unmark(marked), node(false))
  },
)

t.test('without cordon a node stays schedulable, and may be cordoned by a later mark of the same repair', async (t) => {
  const marked = mark(node(false), false)
  t.equal(marked.unschedulable, false)
  const cordoned = mark(marked)
  t.equal(cordoned.unschedulable, true)
  t.match(readMarks(cordoned), { cordon: true, scaleDownDisabled: true })
  t.same(unmark(cordoned), node(false))
})

t.test('what somebody set before is not ours and stays', async (t) => {
  const before = node(true, { [SCALE_DOWN_DISABLED]: 'false' })
  const marked = mark(before)
  t.match(readMarks(marked), { cordon: false, scaleDownDisabled: false })
  t.same(unmark(marked), before)
})

t.test(
  'a cordon that a person lifted in the middle is not set again, and one set after that is not lifted',
  async (t) => {
    const lifted = { ...mark(node(false)), unschedulable: false }
    const again = mark(lifted)
    t.equal(again.unschedulable, false)
    t.match(readMarks(again), { cordon: false })
    const theirs = { ...again, unschedulable: true }
    t.equal(unmark(mark(theirs, false)).unschedulable, true)
  },
)

t.test('what somebody changed in the middle stays as they left it', async (t) => {
  const marked = mark(node(false))
  const changed = { ...marked, annotations: { ...marked.annotations, [SCALE_DOWN_DISABLED]: 'false' } }
  t.equal(unmark(changed).annotations[SCALE_DOWN_DISABLED], 'false')
})

t.test("keeping the cordon leaves the node cordoned and nobody's", async (t) => {
  const marked = mark(node(false))
  const kept = after(marked, unmarkPatch(marked, true))
  t.same(kept, node(true))
})

t.test('the marks of an earlier repair pass to the next one', async (t) => {
  const second = mark(mark(node(false)), true, 'r-2')
  t.same(readMarks(second), { owner: 'a/b', repair: 'r-2', cordon: true, scaleDownDisabled: true })
  t.same(unmark(second), node(false))
})

t.test('marking twice, and unmarking what bears no mark, writes nothing', async (t) => {
  const marked = mark(node(false))
  t.equal(markPatch(marked, { owner: 'a/b', repair: 'r-1' }, true), undefined)
  t.equal(unmarkPatch(node(true, { [SCALE_DOWN_DISABLED]: 'true' }), false), undefined)
})

t.test('marks that cannot be read give heald nothing to take back but the mark itself', async (t) => {
  for (const garbage of [
    '',
    '{',
    'null',
    '[]',
    '{"repair":1}',
    '{"repair":"r","cordon":"yes","scaleDownDisabled":true}',
  ]) {
    const spoilt = node(true, { [MARKS_ANNOTATION]: garbage, [SCALE_DOWN_DISABLED]: 'true' })
    t.same(unmark(spoilt), node(true, { [SCALE_DOWN_DISABLED]: 'true' }), garbage)
  }
})

t.test('whatever a node was like before and however often it is marked, unmarking gives it back', async (t) => {
  const scale = fc.option(fc.constantFrom('true', 'false', ''), { nil: undefined })
  const cordons = fc.array(fc.boolean(), { minLength: 1, maxLength: 4 })
  const property = fc.property(fc.boolean(), scale, cordons, (unschedulable, value, marks) => {
    const before = node(unschedulable, value === undefined ? {} : { [SCALE_DOWN_DISABLED]: value })
    const marked = marks.reduce((facts, cordon, i) => mark(facts, cordon, `r-${i}`), before)
    t.same(unmark(marked), before)
  })
  t.doesNotThrow(() => fc.assert(property))
})
