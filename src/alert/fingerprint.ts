import { fnv1a64 } from '../lib/pure/hash.ts'

const SEPARATOR = 0xff

/** 16 hexadecimal digits, as Alertmanager reckons them: the labels by name, each `name 0xff value 0xff`. */
export function fingerprintOf(labels: Readonly<Record<string, string>>): string {
  const sorted = Object.entries(labels).sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  const bytes = sorted.flatMap(([name, value]) => [...Buffer.from(name), SEPARATOR, ...Buffer.from(value), SEPARATOR])
  return fnv1a64(bytes).toString(16).padStart(16, '0')
}
