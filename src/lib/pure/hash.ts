/** 32-bit FNV-1a over UTF-16 units: tells texts apart, and proves nothing. http://www.isthe.com/chongo/tech/comp/fnv/ */
export function fnv1a(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash >>> 0
}

/** The same as 8 hexadecimal digits. */
export function fnv1aHex(text: string): string {
  return fnv1a(text).toString(16).padStart(8, '0')
}

const OFFSET_64 = 0xcbf29ce484222325n
const PRIME_64 = 0x100000001b3n

/** 64-bit FNV-1a over bytes. */
export function fnv1a64(bytes: Iterable<number>): bigint {
  let hash = OFFSET_64
  for (const byte of bytes) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * PRIME_64)
  return hash
}
