import { type DestinationStream, destination as openDestination, pino, stdTimeFunctions } from 'pino'
import type { Log } from '../core/ports/log.ts'
import { scrub } from '../lib/redact.ts'
import { clean } from './clean.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'

export interface LogOptions {
  readonly level: LogLevel
  /** stderr unless given: stdout belongs to what commands answer. */
  readonly destination?: DestinationStream
  /** In every line, e.g. `{ node, version }`. */
  readonly base?: Readonly<Record<string, string>>
}

/**
 * One JSON object per line: `level` in words, `time` in RFC 3339, the fields, and a static `msg`. Never throws: a line that
 * can't be written, as on a full disk, is counted, and the next one that can be tells in `lost` how many there were.
 */
export function createLog({ level, destination, base = {} }: LogOptions): Log {
  const lines = pino(
    {
      level,
      base,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      // pino's own would print whatever an HTTP client hangs on its errors.
      serializers: { err: clean, error: clean },
    },
    // Written at once: the last line before a crash is the one that is needed.
    destination ?? openDestination({ dest: 2, sync: true }),
  )

  let lost = 0

  function at(name: 'debug' | 'info' | 'warn' | 'error'): (fields: object, msg: string) => void {
    return (fields, msg) => {
      if (!lines.isLevelEnabled(name)) return
      try {
        const told = Object(fields instanceof Error ? { error: clean(fields) } : clean(fields))
        lines[name](lost === 0 ? told : { ...told, lost }, scrub(msg))
        lost = 0
      } catch {
        lost += 1
      }
    }
  }

  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}
