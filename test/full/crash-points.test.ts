import t from 'tap'
import { anything, REBOOT, REPLACE, strikeAll } from '../support/cluster/crash.ts'

const freeze = { freezeMs: 9_000 }

for (const scenario of [REBOOT, REPLACE]) {
  for (const when of ['before', 'after'] as const) {
    t.test(`${scenario.rung}: a leader killed ${when} every request, reads included`, async (t) => {
      const { hits, faults } = await strikeAll(scenario, { when, counts: anything, how: 'kill' }, { together: 8 })
      t.same(faults, [])
      t.ok(hits.length > 40, `${hits.length} requests were hit`)
    })
    t.test(`${scenario.rung}: a leader frozen ${when} every request, reads included`, async (t) => {
      const blow = { when, counts: anything, how: freeze }
      const { hits, faults } = await strikeAll(scenario, blow, { together: 8, more: ['w1'] })
      t.same(faults, [])
      t.ok(hits.length > 40, `${hits.length} requests were hit`)
    })
  }
}
