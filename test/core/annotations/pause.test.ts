import fc from 'fast-check'
import t from 'tap'
import {
  isOver,
  PAUSED_ANNOTATION,
  PAUSED_UNTIL_ANNOTATION,
  parsePause,
  pauseKeys,
  pauseRecord,
  poolsNamed,
  readPause,
} from '../../../src/core/annotations/pause.ts'
import { formatDuration } from '../../../src/lib/pure/duration.ts'
import { anyCharacter } from '../../support/pure/arbitrary-character.ts'

const NOW = Date.parse('2026-03-01T12:00:00Z')
const HOUR = 3_600_000

t.test('true pauses until the annotation goes, with or without a reason', async (t) => {
  t.match(parsePause('true', undefined, NOW), { paused: { until: undefined } })
  t.same(parsePause(' True : upgrade INC-7 ', undefined, NOW), {
    paused: { reason: 'upgrade INC-7', until: undefined },
  })
})

t.test('a duration pauses from the moment it was set', async (t) => {
  t.match(parsePause('2h', undefined, NOW), { paused: { until: NOW + 2 * HOUR } })
  t.same(parsePause('2h: upgrade INC-7', NOW - HOUR, NOW), { paused: { reason: 'upgrade INC-7', until: NOW + HOUR } })
  t.same(parsePause('2h', NOW - 2 * HOUR, NOW), { paused: undefined }, 'over on the dot')
})

t.test('an RFC 3339 time pauses until then, its own colons notwithstanding', async (t) => {
  t.same(parsePause('2026-03-01T13:30:00+01:00: upgrade: INC-7', undefined, NOW), {
    paused: { reason: 'upgrade: INC-7', until: NOW + HOUR / 2 },
  })
  t.same(parsePause('2026-03-01T11:59:59Z', undefined, NOW), { paused: undefined })
})

t.test('false does not pause', async (t) => {
  t.same(parsePause('false', undefined, NOW), { paused: undefined })
})

t.test('what can not be understood pauses and says what would be right', async (t) => {
  for (const value of [
    '',
    '  ',
    'yes',
    '2',
    '0',
    '0s',
    '-2h',
    '2 hours',
    '2026-13-01T00:00:00Z',
    '2026-03-01',
    'tru',
    ': x',
  ]) {
    const { paused, malformed } = parsePause(value, undefined, NOW)
    t.equal(paused?.until, undefined)
    t.match(malformed, /can not be understood, so it pauses; write true/, JSON.stringify(value))
    t.equal(paused?.reason, malformed)
  }
})

t.test('no value whatever throws, and every value either pauses, is over, or says false', async () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.string({ unit: anyCharacter })), fc.integer(), (value, now) => {
      const { paused, malformed } = parsePause(value, undefined, now)
      const isOff = value.trim().toLowerCase().startsWith('false')
      const isTime = /^\d{4}-/.test(value.trim())
      return (malformed === undefined || paused !== undefined) && (paused !== undefined || isOff || isTime)
    }),
  )
})

const lengths = fc.integer({ min: 1, max: 10_000 }).map((minutes) => minutes * 60_000)
const reasons = fc.constantFrom('', ': upgrade', ': a: b')

t.test(
  'a duration ends when it was first seen plus its length, however often and whenever it is read in between',
  async () => {
    fc.assert(
      fc.property(lengths, reasons, fc.array(fc.nat(20_000 * 60_000), { maxLength: 8 }), (length, reason, steps) => {
        const annotations: Record<string, string> = { [PAUSED_ANNOTATION]: `${length / 60_000}m${reason}` }
        let now = NOW
        for (const step of [0, ...steps]) {
          now += step
          const { paused, record } = readPause(annotations, now)
          if (record === undefined) return false
          annotations[PAUSED_UNTIL_ANNOTATION] = record
          if ((paused !== undefined) !== now < NOW + length) return false
          if (paused !== undefined && paused.until !== NOW + length) return false
        }
        return true
      }),
    )
  },
)

t.test('a changed text counts anew, even when only its reason changed', async (t) => {
  const first = readPause({ [PAUSED_ANNOTATION]: '1h: a' }, NOW)
  const later = NOW + 2 * HOUR
  const stored = { [PAUSED_UNTIL_ANNOTATION]: first.record ?? '' }
  t.equal(readPause({ [PAUSED_ANNOTATION]: '1h: a', ...stored }, later).paused, undefined)
  t.equal(readPause({ [PAUSED_ANNOTATION]: '1h: b', ...stored }, later).paused?.until, later + HOUR)
})

t.test('a record never makes a pause longer than its text says, whatever stands in it', async () => {
  fc.assert(
    fc.property(lengths, fc.oneof(fc.string(), fc.integer({ min: -1e14, max: 1e14 })), (length, stored) => {
      const value = formatDuration(length)
      const record = typeof stored === 'number' ? (pauseRecord(value, stored) ?? '') : stored
      const { paused } = readPause({ [PAUSED_ANNOTATION]: value, [PAUSED_UNTIL_ANNOTATION]: record }, NOW)
      return paused === undefined || (paused.until !== undefined && paused.until <= NOW + length)
    }),
  )
})

t.test('without the annotation nothing is paused and no record should stay', async (t) => {
  const record = pauseRecord('2h', NOW) ?? ''
  t.same(readPause({ [PAUSED_UNTIL_ANNOTATION]: record }, NOW), { paused: undefined, record: undefined })
  t.equal(readPause({ [PAUSED_ANNOTATION]: 'true', [PAUSED_UNTIL_ANNOTATION]: record }, NOW).record, undefined)
})

t.test('the pools that a ConfigMap names are read by their own keys, and never by those of the cluster', async (t) => {
  const [gpu, web] = [pauseKeys('gpu'), pauseKeys('web.eu')]
  const annotations = { [gpu.paused]: '1h: a', [gpu.until]: pauseRecord('1h: a', NOW) ?? '', [web.paused]: 'maybe' }
  t.same(poolsNamed({ ...annotations, [pauseKeys().paused]: 'true', other: 'x' }), ['gpu', 'web.eu'])
  t.same(readPause(annotations, NOW + 1, gpu).paused, { reason: 'a', until: NOW + HOUR })
  t.equal(readPause(annotations, NOW + HOUR, gpu).paused, undefined)
  t.match(readPause(annotations, NOW, web), { paused: { until: undefined }, malformed: /can not be understood/ })
  t.equal(readPause(annotations, NOW).paused, undefined)
})

t.test('a pause is over from its end on, and one without an end never', async (t) => {
  t.equal(isOver({ reason: 'a', until: NOW + 1 }, NOW), false)
  t.equal(isOver({ reason: 'a', until: NOW }, NOW), true)
  t.equal(isOver({ reason: 'a', until: undefined }, NOW), false)
})
