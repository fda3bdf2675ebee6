import fc from 'fast-check'
import t from 'tap'
import { addPeaks, highestPeak, PEAK_WINDOW_MS, type Peak } from '../../../src/core/evidence/control-plane-peaks.ts'

const DAY = 86_400_000
const seen = (count: number, seenAt: number): Peak => ({ count, seenAt })

/** What is remembered of these, each taken in when it was seen. */
function remember(peaks: readonly Peak[]): readonly Peak[] {
  return peaks.reduce<readonly Peak[]>((known, peak) => addPeaks(known, [peak], peak.seenAt), [])
}

t.test('five that became three count as five for seven days from when five were last seen', async (t) => {
  const known = remember([seen(5, 0), seen(5, DAY), seen(3, DAY + 1), seen(3, 5 * DAY)])
  t.equal(highestPeak(known, 8 * DAY - 1), 5)
  t.equal(highestPeak(known, 8 * DAY), 3)
  t.equal(highestPeak(known, 12 * DAY), 0, 'and of what was long ago nothing is known')
})

t.test('losing nodes, one by one or at once, makes no count smaller', async (t) => {
  t.equal(highestPeak(remember([seen(5, 0), seen(2, 1)]), 2), 5)
  t.equal(highestPeak(remember([seen(5, 0), seen(4, 1), seen(3, 2), seen(2, 3)]), 4), 5)
  t.equal(highestPeak(remember([seen(3, 0), seen(5, 1)]), 1), 5, 'more of them count at once')
})

t.test('a time of the future counts as now', async (t) => {
  t.same(addPeaks([], [seen(5, 100 * DAY)], DAY), [seen(5, DAY)])
})

t.test('without anything seen nothing is known', async (t) => {
  t.equal(highestPeak([], 0), 0)
  t.same(addPeaks([], [], 0), [])
})

const peaks = (most: number) =>
  fc.array(fc.record({ count: fc.integer({ min: 1, max: most }), seenAt: fc.integer({ min: 0, max: 20 * DAY }) }), {
    maxLength: 60,
  })

t.test('it is exactly the highest of the last seven days, at every moment', async (t) => {
  const property = fc.property(peaks(9), fc.integer({ min: 0, max: 30 * DAY }), (all, later) => {
    const sorted = [...all].sort((a, b) => a.seenAt - b.seenAt)
    const now = (sorted.at(-1)?.seenAt ?? 0) + later
    const counts = sorted.filter(({ seenAt }) => now - seenAt < PEAK_WINDOW_MS).map(({ count }) => count)
    return highestPeak(remember(sorted), now) === Math.max(0, ...counts)
  })
  t.doesNotThrow(() => fc.assert(property))
})

t.test('what several replicas saw comes to the same in any order, however often it is told', async (t) => {
  const property = fc.property(peaks(9), peaks(9), (mine, theirs) => {
    const now = 20 * DAY
    const one = addPeaks(addPeaks([], mine, now), theirs, now)
    const other = addPeaks(addPeaks(addPeaks([], theirs, now), mine, now), theirs, now)
    t.same(one, other)
  })
  t.doesNotThrow(() => fc.assert(property))
})

t.test('however many kinds of counts, few are kept, and none of them counts as less than it was', async (t) => {
  const property = fc.property(peaks(500), fc.integer({ min: 0, max: 9 * DAY }), (all, later) => {
    const known = addPeaks([], all, 20 * DAY)
    const now = 20 * DAY + later
    const counts = all.filter(({ seenAt }) => now - seenAt < PEAK_WINDOW_MS).map(({ count }) => count)
    return known.length <= 16 && highestPeak(known, now) >= Math.max(0, ...counts)
  })
  t.doesNotThrow(() => fc.assert(property))
})
