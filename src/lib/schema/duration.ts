import { z } from 'zod'
import { formatDuration, parseDuration } from '../pure/duration.ts'

const PATTERN = /^(0|(\d+(\.\d+)?(ms|s|m|h|d))+)$/
const EXPECTED = 'expected a duration such as 30s, 5m or 1h30m'

export interface DurationLimits {
  /** 0 */
  readonly min?: string
  /** 366d */
  readonly max?: string
}

/**
 * A Go duration as text on both sides: a schema without transforms may read its own output again. Numbers are refused:
 * nobody could tell their unit.
 */
export function durationText({ min = '0', max = '366d' }: DurationLimits = {}) {
  const least = toMs(min)
  const most = toMs(max)
  const range =
    least > 0 ? `from ${formatDuration(least)} to ${formatDuration(most)}` : `of at most ${formatDuration(most)}`
  const error = (): string => EXPECTED
  return z
    .string({ error })
    .regex(PATTERN, { error, abort: true })
    .refine(
      (text) => {
        const ms = parseDuration(text)
        return ms !== undefined && ms >= least && ms <= most
      },
      { error: `expected a duration ${range}` },
    )
}

/** A Go duration in the file, milliseconds in the program. */
export function duration(limits: DurationLimits = {}) {
  return durationText(limits).transform(toMs)
}

/** Of a text that `durationText` let through. */
export function toMs(text: string): number {
  const ms = parseDuration(text)
  if (ms === undefined) throw new TypeError(`not a duration: ${text}`)
  return ms
}
