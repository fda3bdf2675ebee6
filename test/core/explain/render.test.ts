import fc from 'fast-check'
import t from 'tap'
import { renderExplanation, renderValue } from '../../../src/core/explain/render.ts'
import type { Json } from '../../../src/core/model/primitives.ts'
import { outsideReason } from '../../../src/core/model/reasons.ts'
import type { Explanation, GateResult } from '../../../src/core/model/view.ts'

const ok: GateResult = { gate: 'Paused', pass: true, reason: 'Ok', message: '', have: null, need: null }
const held: Explanation = {
  node: 'master-1',
  kind: 'hold',
  summary: 'master-1 has been failing long enough, but losing it would cost the quorum',
  rung: 'reboot-soft',
  checks: [
    { check: 'NodeCondition', status: 'fail', reason: 'NodeNotReady', failingForMs: 432_000, needMs: 300_000 },
    { check: 'Endpoint', status: 'pass', reason: 'Ok', failingForMs: undefined, needMs: 60_000 },
  ],
  gates: [
    ok,
    {
      gate: 'Quorum',
      pass: false,
      reason: outsideReason('QuorumLost'),
      message: 'one more master down would leave fewer than a majority',
      have: { healthyAfter: 1 },
      need: { healthyAfter: 2 },
      changesAt: 130_000,
    },
  ],
  repair: { name: 'master-1-abc-1', phase: 'Pending', reason: 'Held', message: 'waits' },
  changes: ['another master becomes Ready'],
}

t.test('a held node: the verdict, what does not pass, what holds with its numbers, what would change it', async (t) => {
  t.equal(
    renderExplanation(held, { now: 100_000 }),
    `master-1: HELD by Quorum; reboot-soft comes when nothing holds

Checks that do not pass
  FAIL  NodeCondition  NodeNotReady  failing for 7m12s of 5m

Gates that hold
  HOLD  Quorum  QuorumLost: one more master down would leave fewer than a majority
                have healthy after 1; need healthy after 2; changes in 30s

Repair
  master-1-abc-1: Pending: Held: waits

What would change the answer
  - another master becomes Ready

1 check and 1 gate pass: --all shows what passes too
`,
  )
})

t.test('a replica that only observes says so first, and who leads', async (t) => {
  t.match(renderExplanation(held, { leader: 'm2_x' }), /^this replica observes; m2_x leads: .*\n\nmaster-1: HELD/)
  t.match(renderExplanation(held, { leader: '' }), /^this replica observes; nobody leads: /)
})

t.test('what passes is shown on demand, and no more is counted then', async (t) => {
  const text = renderExplanation(held, { now: 100_000, all: true })
  t.match(text, /^Checks\n {2}FAIL {2}NodeCondition .*\n {2}pass {2}Endpoint {7}Ok$/m)
  t.match(text, /^Gates \(1 of 2 hold\)\n {2}ok {4}Paused\n {2}HOLD {2}Quorum {2}/m)
  t.notMatch(text, /--all/)
})

t.test('a healthy node needs two lines, and what its gates would say is told on demand', async (t) => {
  const healthy: Explanation = {
    ...held,
    kind: 'healthy',
    summary: 'no check fails; there is nothing to repair',
    rung: undefined,
    checks: held.checks.slice(1),
    repair: undefined,
    changes: ['a check that fails'],
  }
  t.equal(
    renderExplanation(healthy),
    'master-1: healthy: no check fails; there is nothing to repair\n\n1 check passes: --all shows what passes too\n',
  )
  t.match(renderExplanation(healthy, { all: true }), /^Gates \(1 of 2 hold, if it began to fail now\)$/m)
})

t.test('values read as words: durations, shares, lists', async (t) => {
  for (const [value, text] of [
    [{ blindForMs: 42_000, total: 5 }, 'blind for 42s, total 5'],
    [{ lessThanPercent: 60, badPercent: 33.3333 }, 'less than 60%, bad 33.33%'],
    [['zone-a', 'zone-b'], 'zone-a zone-b'],
    [{ planes: [] }, 'planes none'],
    [true, 'yes'],
    [{ power: null }, 'power nothing'],
    ['', 'nothing'],
  ] as [Json, string][]) {
    t.equal(renderValue(value), text)
  }
})

t.test('no text from outside reaches the terminal as an escape sequence or as a line of its own', async (t) => {
  const evil = 'down\u001b[2J\u001b]0;x\u0007\r\nGates (all 1 pass)\u009b1m'
  const text = renderExplanation({
    ...held,
    summary: evil,
    checks: [{ check: evil, status: 'fail', reason: evil, failingForMs: 1, needMs: 1 }],
    gates: [{ ...ok, pass: false, message: evil, have: evil }],
    changes: [evil],
  })
  t.notMatch(text, /[^\P{Cc}\n]/u)
  t.notMatch(text, /^Gates \(all/m)
})

t.test('lines stay within the width unless a single word is longer, whatever there is to tell', async (t) => {
  const words = fc
    .array(fc.stringMatching(/^[a-z]{1,12}$/), { minLength: 5, maxLength: 60, size: 'max' })
    .map((list) => list.join(' '))
  let wrapped = 0
  fc.assert(
    fc.property(words, words, (summary, message) => {
      const told: Explanation = { ...held, kind: 'watch', summary, gates: [{ ...ok, message }], changes: [message] }
      if (message.length > 100) wrapped++
      return [60, 100].every((width) =>
        renderExplanation(told, { all: true, width })
          .split('\n')
          .every((line) => line.length <= width),
      )
    }),
  )
  t.ok(wrapped > 0)
})
