import fc from 'fast-check'
import t from 'tap'
import {
  hasUnreadableMarks,
  MARKS_ANNOTATION,
  type Marks,
  parseMarks,
  readMarks,
} from '../../../src/core/annotations/marks.ts'
import { decide } from '../../../src/core/decide.ts'
import { failing, instance, MINUTE, node, oneBrokenWorker, policy, suspicion } from '../../support/pure/view.ts'

const marks = fc.record({ repair: fc.string(), cordon: fc.boolean(), scaleDownDisabled: fc.boolean() })
const OURS: Marks = { repair: 'w0-1', cordon: true, scaleDownDisabled: false }

t.test('what was written is read back, and members of a later version do not matter', async (t) => {
  fc.assert(fc.property(marks, (one) => t.same(parseMarks(JSON.stringify(one)), one)))
  t.same(parseMarks(JSON.stringify({ ...OURS, taints: ['a'] })), OURS)
})

const GARBAGE = [
  ...['', ' ', 'x', '{', 'null', 'true', '1', '"text"', '[]', '{}', '['.repeat(100_000)],
  '{"repair":1,"cordon":true,"scaleDownDisabled":true}',
  '{"repair":"w0-1","cordon":"true","scaleDownDisabled":true}',
  '{"repair":"w0-1","cordon":true,"scaleDownDisabled":null}',
  '{"repair":"w0-1","cordon":true}',
  '{"cordon":true,"scaleDownDisabled":true}',
  '{"__proto__":{"repair":"w0-1","cordon":true,"scaleDownDisabled":true}}',
]

t.test('garbage never throws and is nobody’s: the node waits for a person', async (t) => {
  for (const text of GARBAGE) {
    const annotations = { [MARKS_ANNOTATION]: text }
    t.equal(parseMarks(text), undefined, text.slice(0, 80))
    t.equal(readMarks({ annotations }), undefined)
    t.equal(hasUnreadableMarks({ annotations }), true)
    const view = oneBrokenWorker({
      nodes: [node('w0', { unschedulable: true, annotations })],
      suspicions: [suspicion('w0', [failing(10 * MINUTE)])],
      instances: { w0: instance('w0') },
    })
    const gates = decide(view, policy()).verdicts.get('w0')?.gates ?? []
    t.match(
      gates.find(({ gate }) => gate === 'OtherActor'),
      { pass: false, reason: 'MarksUnreadable' },
      text.slice(0, 80),
    )
  }
  fc.assert(fc.property(fc.string(), (text) => parseMarks(text) === undefined))
  fc.assert(
    fc.property(fc.json(), (text) => parseMarks(text) === undefined || typeof JSON.parse(text).repair === 'string'),
  )
})

t.test('a node without marks has none that could be unreadable', async (t) => {
  t.equal(parseMarks(undefined), undefined)
  t.equal(readMarks({ annotations: {} }), undefined)
  t.equal(hasUnreadableMarks({ annotations: {} }), false)
  t.equal(hasUnreadableMarks({ annotations: { [MARKS_ANNOTATION]: JSON.stringify(OURS) } }), false)
})
