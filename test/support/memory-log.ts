import type { Log } from '../../src/core/ports/log.ts'

export interface MemoryLog extends Log {
  readonly lines: { readonly level: string; readonly fields: Record<string, unknown>; readonly msg: string }[]
}

/** A log that a test can read. */
export function createMemoryLog(): MemoryLog {
  const lines: MemoryLog['lines'] = []
  const at =
    (level: string) =>
    (fields: object, msg: string): void => {
      lines.push({ level, fields: { ...fields }, msg })
    }
  return { lines, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}
