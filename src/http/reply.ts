import { isSecretName, scrub } from '../lib/redact.ts'
import type { Reply } from './route.ts'

/** Text that ends with a newline. */
export function text(status: number, body: string, headers: Readonly<Record<string, string>> = {}): Reply {
  return { status, contentType: 'text/plain; charset=utf-8', body: body.endsWith('\n') ? body : `${body}\n`, headers }
}

/** Whole, unlike a log line, but without credentials either. */
export function json(status: number, body: object): Reply {
  return { status, contentType: 'application/json; charset=utf-8', body: `${JSON.stringify(body, show, 2)}\n` }
}

function show(key: string, value: unknown): unknown {
  if (typeof value === 'string') return isSecretName(key) ? '[redacted]' : scrub(value)
  return value instanceof Map ? Object.fromEntries(value) : value
}
