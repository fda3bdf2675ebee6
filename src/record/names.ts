import type { Millis } from '../core/model/primitives.ts'

const NAME = /^heald-\d{4}-\d{2}-\d{2}T\d{2}-\d{2}-\d{2}\.\d{3}Z-\d{4,}\.jsonl$/

/** In the order of their names they are in the order of time, whichever replica wrote them. */
export function recordFileName(calendar: Millis, count: number): string {
  return `heald-${new Date(calendar).toISOString().replaceAll(':', '-')}-${String(count).padStart(4, '0')}.jsonl`
}

export function isRecordFile(name: string): boolean {
  return NAME.test(name)
}
