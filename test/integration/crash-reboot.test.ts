import t from 'tap'
import { anything, changes, REBOOT, strikeAll } from '../support/cluster/crash.ts'

// Acceptance 5: one act per attempt, every repair ends, no rung climbed. What changes nothing is hit before it only:
// right after it the world is the one right before the next request.

t.test('a leader killed before any request of a reboot: one act, the same rung, a good end', async (t) => {
  const { hits, faults } = await strikeAll(REBOOT, { when: 'before', counts: anything, how: 'kill' }, { together: 8 })
  t.same(faults, [])
  t.ok(hits.length > 40, `${hits.length} requests were hit`)
})

t.test('a leader killed after any change that it made for a reboot: the same', async (t) => {
  const { hits, faults } = await strikeAll(REBOOT, { when: 'after', counts: changes, how: 'kill' }, { together: 8 })
  t.same(faults, [])
  t.ok(hits.length > 12, `${hits.length} requests were hit`)
})
