import t from 'tap'
import { createOnce } from '../../src/lib/once.ts'

t.test('the same is new once, until something else or the end of it was said', async (t) => {
  const isNew = createOnce()
  t.same(
    ['a', 'a', 'b', 'a', undefined, undefined, 'a'].map((what) => isNew(what)),
    [true, false, true, true, true, false, true],
  )
  t.equal(createOnce()(undefined), false, 'that nothing is wrong is no news at the start')
})

t.test('each thing has a trouble of its own', async (t) => {
  const isNew = createOnce()
  t.ok(isNew('lost', 'a'))
  t.ok(isNew('lost', 'b'))
  t.notOk(isNew('lost', 'a'))
  t.ok(isNew(undefined, 'a'))
  t.notOk(isNew('lost', 'b'))
})
