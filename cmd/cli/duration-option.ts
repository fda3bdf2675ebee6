import { InvalidArgumentError, Option } from 'commander'
import { parseDuration } from '../../src/lib/pure/duration.ts'

export interface GivenDuration {
  readonly text: string
  readonly ms: number
}

/** A longer one is a slip of the hand. */
const LONGEST_MS = 366 * 86_400_000

/** commander's parser of `--for`. */
export function durationOf(text: string): GivenDuration {
  const ms = parseDuration(text)
  if (ms === undefined || ms <= 0) {
    throw new InvalidArgumentError('expected a duration longer than nothing, such as 30m, 2h or 1d')
  }
  if (ms > LONGEST_MS) throw new InvalidArgumentError('expected a duration of at most a year (366d)')
  return { text, ms }
}

/** `--for`, an hour unless told. */
export function hourOption(description: string): Option {
  return new Option('--for <duration>', description).argParser(durationOf).default({ text: '1h', ms: 3_600_000 }, '1h')
}
