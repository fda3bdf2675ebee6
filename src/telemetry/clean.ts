import { isSecretName, scrub } from '../lib/redact.ts'

/** All that is told of an error. An HTTP client's own error carries the request with its headers, tokens included. */
const ERROR_FIELDS = ['name', 'message', 'code', 'kind', 'status', 'reason', 'effect'] as const
const DEEPEST = 6
const LONGEST_LIST = 200

/** A copy of whatever was handed to the log, fit to be printed: bounded, acyclic, without credentials, and never a throw. */
export function clean(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return scrub(value)
  if (typeof value === 'bigint' || typeof value === 'symbol') return String(value)
  if (typeof value === 'function') return '[function]'
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Error) return cleanError(value, depth)
  if (depth >= DEEPEST) return '[deeper]'
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString()
  if (Array.isArray(value)) return value.slice(0, LONGEST_LIST).map((item) => clean(item, depth + 1))
  if (value instanceof Map)
    return cleanEntries(
      [...value].map(([key, item]) => [String(key), item]),
      depth,
    )
  if (value instanceof Set) return clean([...value], depth)
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`
  return cleanEntries(Object.entries(value), depth)
}

function cleanEntries(entries: readonly (readonly [string, unknown])[], depth: number): object {
  return Object.fromEntries(
    entries
      .slice(0, LONGEST_LIST)
      .map(([key, item]) => [key, isSecretName(key) && item !== undefined ? '[redacted]' : clean(item, depth + 1)]),
  )
}

function cleanError(error: Error, depth: number): object {
  const told: Record<string, unknown> = {}
  for (const field of ERROR_FIELDS) {
    const value: unknown = Reflect.get(error, field)
    if (typeof value === 'string') told[field] = scrub(value)
    if (typeof value === 'number' || typeof value === 'boolean') told[field] = value
  }
  if (error.cause !== undefined) told.cause = depth < DEEPEST ? clean(error.cause, depth + 1) : '[deeper]'
  if (error instanceof AggregateError) told.errors = clean(error.errors, depth + 1)
  return told
}
