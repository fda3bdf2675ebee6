import type { Millis } from '../model/primitives.ts'

/** So many control-plane nodes were there, and when that was last seen by our monotonic clock. */
export interface Peak {
  readonly count: number
  readonly seenAt: Millis
}

/** How long a count is remembered: 7 days. */
export const PEAK_WINDOW_MS: Millis = 7 * 86_400_000
/** More kinds of counts in 7 days than any control plane has. */
const MOST_PEAKS = 16

/**
 * The counts of the last 7 days that can still become the highest, the highest first. Of two counts the lower one
 * matters only if it was seen later. In any order and however often the same is added, the result is the same.
 */
export function addPeaks(peaks: readonly Peak[], more: readonly Peak[], now: Millis): readonly Peak[] {
  const young = [...peaks, ...more]
    // What comes from the future was written by a wrong clock: it counts as seen now.
    .map(({ count, seenAt }) => ({ count, seenAt: Math.min(seenAt, now) }))
    .filter(({ seenAt }) => now - seenAt < PEAK_WINDOW_MS)
    .sort((a, b) => b.count - a.count || b.seenAt - a.seenAt)
  const kept: Peak[] = []
  for (const peak of young) if (peak.seenAt > (kept.at(-1)?.seenAt ?? Number.NEGATIVE_INFINITY)) kept.push(peak)
  const newest = kept.at(-1)
  const lowest = kept[MOST_PEAKS - 1]
  if (newest === undefined || lowest === undefined) return kept
  // Too many: the lower ones count as more than they were, which at worst holds for longer.
  return [...kept.slice(0, MOST_PEAKS - 1), { count: lowest.count, seenAt: newest.seenAt }]
}

/** The highest count of the last 7 days; 0 = none is known. */
export function highestPeak(peaks: readonly Peak[], now: Millis): number {
  return peaks.find(({ seenAt }) => now - seenAt < PEAK_WINDOW_MS)?.count ?? 0
}
