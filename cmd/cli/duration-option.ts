import { InvalidArgumentError } from 'commander'
import { parseDuration } from '../../src/lib/pure/duration.ts'

export interface GivenDuration {
  readonly text: string
  readonly ms: number
}

/** commander's parser of `--for`. */
export function durationOf(text: string): GivenDuration {
  const ms = parseDuration(text)
  if (ms !== undefined && ms > 0) return { text, ms }
  throw new InvalidArgumentError('expected a duration longer than nothing, such as 30m, 2h or 1d')
}
