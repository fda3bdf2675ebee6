import fc from 'fast-check'
import t from 'tap'
import { formatDuration, parseDuration } from '../../../src/lib/pure/duration.ts'

t.test('durations are read as Go writes them, and days', async (t) => {
  const cases = {
    '0': 0,
    '0s': 0,
    '90s': 90_000,
    '1h30m': 5_400_000,
    '1.5h': 5_400_000,
    '7d': 604_800_000,
    '250ms': 250,
    '1m30.5s': 90_500,
  }
  for (const [text, ms] of Object.entries(cases)) t.equal(parseDuration(text), ms, text)
})

t.test('anything else is no duration', async (t) => {
  for (const text of [
    '',
    ' ',
    '5',
    '-5s',
    '+5s',
    '5 s',
    's',
    '1h 30m',
    '.5h',
    '5S',
    '1e3s',
    'NaNs',
    `${'9'.repeat(400)}d`,
  ]) {
    t.equal(parseDuration(text), undefined, text)
  }
})

t.test('no text throws, and what is read is a whole number of milliseconds, never negative', async () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^(\d{1,20}(\.\d{1,5})?(ms|s|m|h|d))*$/)), (text) => {
      const ms = parseDuration(text)
      return ms === undefined || (Number.isSafeInteger(ms) && ms >= 0)
    }),
  )
})

t.test('what is written for people can be read again, to within the smaller of its two units', async () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 400 * 86_400_000 }), (ms) => {
      const read = parseDuration(formatDuration(ms))
      return (
        read !== undefined &&
        Math.abs(read - ms) <= (ms < 60_000 ? 500 : ms < 3_600_000 ? 1_000 : ms < 86_400_000 ? 60_000 : 3_600_000)
      )
    }),
  )
})

t.test('absurd numbers are still printed', async (t) => {
  t.equal(formatDuration(Number.POSITIVE_INFINITY), 'ever')
  t.equal(formatDuration(Number.NaN), 'ever')
  t.equal(formatDuration(-90_000), '-1m30s')
  t.equal(formatDuration(0), '0s')
  t.equal(formatDuration(59_999), '1m')
})
