import t from 'tap'
import { anything, changes, REPLACE, strikeAll } from '../support/cluster/crash.ts'

t.test('a leader killed before any request of a replacement: each of its acts once, and a good end', async (t) => {
  const { hits, faults } = await strikeAll(REPLACE, { when: 'before', counts: anything, how: 'kill' }, { together: 8 })
  t.same(faults, [])
  t.ok(hits.length > 60, `${hits.length} requests were hit`)
})

t.test('a leader killed after any change that it made for a replacement: the same', async (t) => {
  const { hits, faults } = await strikeAll(REPLACE, { when: 'after', counts: changes, how: 'kill' }, { together: 8 })
  t.same(faults, [])
  t.ok(hits.length > 20, `${hits.length} requests were hit`)
})
