import t from 'tap'
import { changes, REBOOT, REPLACE, strikeAll } from '../support/cluster/crash.ts'

// Acceptance 6. Longer than the lease of 5 s, and long enough for the other replica to act; a second node waits for the first.
const how = { freezeMs: 9_000 }

t.test(
  'a leader frozen before any change: no second act, none on a node that must wait, and it says LeaseLost',
  async (t) => {
    const blow = { when: 'before', counts: changes, how } as const
    const { hits, faults } = await strikeAll(REBOOT, blow, { together: 8, more: ['w1'] })
    t.same(faults, [])
    t.ok(hits.length > 12, `${hits.length} requests were hit`)
  },
)

t.test('a leader frozen after any third change of a replacement: the same', async (t) => {
  const blow = { when: 'after', counts: changes, how } as const
  const { hits, faults } = await strikeAll(REPLACE, blow, { together: 8, more: ['w1'], step: 3 })
  t.same(faults, [])
  t.ok(hits.length > 8, `${hits.length} requests were hit`)
})
