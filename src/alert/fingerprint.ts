const OFFSET = 0xcbf29ce484222325n
const PRIME = 0x100000001b3n
const SEPARATOR = 0xff

/** 64-bit FNV-1a over bytes. http://www.isthe.com/chongo/tech/comp/fnv/ */
export function fnv1a64(bytes: Iterable<number>): bigint {
  let hash = OFFSET
  for (const byte of bytes) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * PRIME)
  return hash
}

/** 16 hexadecimal digits, as Alertmanager reckons them: the labels by name, each `name 0xff value 0xff`. */
export function fingerprintOf(labels: Readonly<Record<string, string>>): string {
  const sorted = Object.entries(labels).sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  const bytes = sorted.flatMap(([name, value]) => [...Buffer.from(name), SEPARATOR, ...Buffer.from(value), SEPARATOR])
  return fnv1a64(bytes).toString(16).padStart(16, '0')
}
