import fc from 'fast-check'
import t from 'tap'
import {
  APPROVAL_ANNOTATION,
  approvalOf,
  parseApprovals,
  withApproval,
} from '../../../src/core/annotations/approval.ts'
import { rfc3339 } from '../../../src/lib/pure/rfc3339.ts'

const NOW = Date.parse('2026-03-01T12:00:00Z')
const HOUR = 3_600_000
const carrying = (text: string) => ({ annotations: { [APPROVAL_ANNOTATION]: text } })

t.test('an approval is of one rung and ends on the dot', async (t) => {
  const one = carrying(JSON.stringify({ replace: rfc3339(NOW) }))
  t.same(approvalOf(one, 'replace', NOW - 1), { state: 'valid', until: NOW })
  t.same(approvalOf(one, 'replace', NOW), { state: 'expired', until: NOW })
  t.same(approvalOf(one, 'start', NOW - 1), { state: 'none' })
  t.same(approvalOf({ annotations: {} }, 'replace', NOW), { state: 'none' })
})

t.test('garbage approves nothing, of any rung, and never throws', async (t) => {
  const later = rfc3339(NOW + HOUR)
  const garbage = ['', 'yes please', 'null', '[]', '"2h"', '{"replace":true}', '{"replace":"tomorrow"}']
  for (const text of [...garbage, `{"replace":"${later}","start":7}`, `{"replace":"${later}","start":"soon"}`]) {
    t.match(approvalOf(carrying(text), 'replace', NOW), { state: 'unreadable' }, text)
    t.match(approvalOf(carrying(text), 'reboot-hard', NOW), { state: 'unreadable' }, text)
  }
  fc.assert(fc.property(fc.string(), (text) => approvalOf(carrying(text), 'replace', NOW).state !== 'valid'))
  t.match(approvalOf(carrying(`{"power-cycle":"${later}","replace":"${later}"}`), 'replace', NOW), { state: 'valid' })
  t.same(approvalOf(carrying('{}'), 'replace', NOW), { state: 'none' })
})

t.test('one more approval keeps those that can be read and no others', async (t) => {
  const both = withApproval(carrying(`{"start":"${rfc3339(NOW)}"}`), 'replace', NOW + HOUR)
  t.same(both, { start: rfc3339(NOW), replace: rfc3339(NOW + HOUR) })
  t.same(withApproval(carrying(JSON.stringify(both)), 'start', NOW + 1), { ...both, start: rfc3339(NOW + 1) })
  for (const before of [{ annotations: {} }, carrying('garbage'), carrying('{"start":1}')]) {
    t.same(withApproval(before, 'replace', NOW), { replace: rfc3339(NOW) })
  }
  t.same(
    [...(parseApprovals(JSON.stringify(both)) ?? [])],
    [
      ['start', NOW],
      ['replace', NOW + HOUR],
    ],
  )
})
