import { z } from 'zod'
import { formatDuration, parseDuration } from '../../lib/pure/duration.ts'

const PATTERN = /^(0|(\d+(\.\d+)?(ms|s|m|h|d))+)$/
const EXPECTED = 'expected a duration such as 30s, 5m or 1h30m'
const MAX_MS = 366 * 86_400_000

/** A Go duration in the file, milliseconds in the program. Numbers are refused: nobody could tell their unit. */
export function duration(limits: { readonly min?: string; readonly max?: string } = {}) {
  const min = parseDuration(limits.min ?? '0') ?? 0
  const max = parseDuration(limits.max ?? '366d') ?? MAX_MS
  const error = (): string => EXPECTED
  return z
    .string({ error })
    .regex(PATTERN, { error, abort: true })
    .transform((text, context): number => {
      const ms = parseDuration(text)
      if (ms !== undefined && ms >= min && ms <= max) return ms
      const range =
        min > 0 ? `from ${formatDuration(min)} to ${formatDuration(max)}` : `of at most ${formatDuration(max)}`
      context.addIssue({ code: 'custom', message: `expected a duration ${range}`, input: text })
      return z.NEVER
    })
}

export const percent = z.number().min(0).max(100)
export const port = z.int().min(1).max(65_535)
/** How many of something; there is no cluster for which more would mean anything. */
export const count = z.int().min(1).max(1_000_000)
