import t from 'tap'
import { describeRequest, formatRequest, REQUEST_ANNOTATION, requestOf } from '../../../src/core/annotations/request.ts'
import { CALENDAR, HOUR } from '../../support/pure/view.ts'

const UNTIL = new Date(CALENDAR + HOUR).toISOString()
const read = (text: string, at = CALENDAR) => requestOf({ annotations: { [REQUEST_ANNOTATION]: text } }, at)

t.test('what heald repair writes is read back, until it expires', async (t) => {
  const request = { reason: 'the fan is dead', until: UNTIL, rung: 'reboot-hard', by: 'alice' } as const
  t.same(read(formatRequest(request)), { state: 'valid', request })
  t.same(read(formatRequest(request), CALENDAR + HOUR - 1), { state: 'valid', request })
  t.same(read(formatRequest(request), CALENDAR + HOUR), { state: 'expired', request })
  t.equal(describeRequest(request), `alice asks for reboot-hard until ${UNTIL}: the fan is dead`)
})

t.test('a time in another zone is the same time', async (t) => {
  const until = '2026-05-01T15:00:00+02:00'
  t.match(read(JSON.stringify({ reason: 'x', until })), {
    state: 'valid',
    request: { until: '2026-05-01T13:00:00.000Z' },
  })
})

t.test('a node without the annotation asks for nothing', async (t) => {
  t.same(requestOf({ annotations: {} }, CALENDAR), { state: 'none' })
})

const WRONG: readonly (readonly [what: string, text: string, says: RegExp])[] = [
  ['no JSON', '1h: reboot', /is no JSON object/],
  ['a list', '[]', /is no JSON object/],
  ['without a reason', JSON.stringify({ until: UNTIL }), /needs a reason/],
  ['with a blank reason', JSON.stringify({ until: UNTIL, reason: ' ' }), /needs a reason/],
  ['with a reason that is too long', JSON.stringify({ until: UNTIL, reason: 'x'.repeat(201) }), /1 to 200 characters/],
  ['without an end', JSON.stringify({ reason: 'x' }), /needs until/],
  ['with a duration for an end', JSON.stringify({ reason: 'x', until: '1h' }), /needs until/],
  [
    'with a rung that is none',
    JSON.stringify({ reason: 'x', until: UNTIL, rung: 'human' }),
    /none of start, reboot-soft/,
  ],
  ['with a name that is none', JSON.stringify({ reason: 'x', until: UNTIL, by: 7 }), /names who asks/],
  [
    'with a member that nobody knows',
    JSON.stringify({ reason: 'x', until: UNTIL, ring: 1 }),
    /has "ring", which is not known/,
  ],
]

for (const [what, text, says] of WRONG) {
  t.test(`a request ${what} is none, and says what would be right`, async (t) => {
    const found = read(text)
    t.equal(found.state, 'unreadable')
    t.match(found, { why: says })
    t.match(found, { why: /it asks for nothing; write \{"reason": "TEXT", "until": "2026-03-01T12:00:00Z"\}/ })
  })
}
