import t from 'tap'
import { explain } from '../../../src/core/explain/explain.ts'
import { renderExplanation } from '../../../src/core/explain/render.ts'
import { type Broken, broken, RULES, toView } from '../../support/pure/together.ts'
import { NOW } from '../../support/pure/view.ts'

function why(...all: readonly Broken[]) {
  return explain('w0', toView(all), RULES)
}

t.test('a repair that waits for another one to go together says for whom, and for how long at most', async (t) => {
  const found = why(broken({ timer: { gatherUntil: NOW + 9_000 } }), broken({ phase: 'Verifying' }))
  t.equal(found.kind, 'repair')
  t.equal(found.summary, 'every gate says yes: replace waits for w1 to go together')
  t.equal(found.repair?.message, 'waits for w1 to go together')
  t.same(found.changes, ['the other one is due too, or is well, or 9s of waiting'])
  t.match(renderExplanation(found), /waits for w1 to go together/)
})

t.test('a repair that waits for its lock says who holds it', async (t) => {
  const found = why(broken(), broken({ phase: 'Acting', attempt: 'Issued', batchKey: 'another' }))
  t.equal(found.summary, 'every gate says yes: replace waits for its lock: replace of w1 holds it')
  t.same(found.changes, ['the act under way ends'])
})

t.test('a repair that has failed to go on says that it waits a while', async (t) => {
  const found = why(broken({ timer: { notBefore: NOW + 9_000 } }))
  t.equal(found.summary, 'every gate says yes: replace waits a while before it tries again')
  t.same(found.changes, ['a moment later it is tried again'])
})

t.test('a member of an act says whom its next step waits for', async (t) => {
  const member = broken({ phase: 'Acting', attempt: 'Issued', batch: 'b.1' })
  const found = why(member, { ...member, timer: { busy: true } })
  t.match(found.repair?.message, /waits for w1, which goes together with it: it is busy/)
  t.match(found.changes.at(-1), 'the other one can go on too, or ends its part')
})

t.test('who waits for nobody is explained as before', async (t) => {
  t.equal(why(broken()).summary, 'every gate says yes: replace comes next')
  t.same(why(broken()).changes, [])
  t.equal(why(broken(), broken()).summary, 'every gate says yes: replace comes next', 'both are due: they go now')
})
