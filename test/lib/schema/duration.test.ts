import t from 'tap'
import { duration, durationText } from '../../../src/lib/schema/duration.ts'

function said(text: unknown, limits = {}): string | number {
  const parsed = duration(limits).safeParse(text)
  return parsed.success ? parsed.data : (parsed.error.issues[0]?.message ?? '')
}

t.test('a duration is text with a unit in the file and milliseconds in the program', async (t) => {
  t.equal(said('1h30m'), 5_400_000)
  t.equal(said('0'), 0)
  for (const wrong of [30, '30', '5 min', '-5s', '', null]) t.match(said(wrong), /^expected a duration such as/)
})

t.test('its limits belong to it, and are named', async (t) => {
  const limits = { min: '10ms', max: '5m' }
  t.same([said('10ms', limits), said('5m', limits)], [10, 300_000])
  for (const wrong of ['9ms', '0', '301s']) t.equal(said(wrong, limits), 'expected a duration from 10ms to 5m')
  t.equal(said('367d'), 'expected a duration of at most 366d')
})

t.test('as text it can be read again from its own output', async (t) => {
  const text = durationText()
  t.equal(text.parse(text.parse('90s')), '90s')
})
