import { createHash } from 'node:crypto'
import type { Reply, Route } from './route.ts'

export interface StaticFile {
  readonly body: string | Uint8Array
  /** Its name changes with its content: it may be kept for a year. Else it is asked for again each time, by its etag. */
  readonly immutable?: boolean
}

const TYPES: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  json: 'application/json; charset=utf-8',
  svg: 'image/svg+xml',
  png: 'image/png',
  txt: 'text/plain; charset=utf-8',
}

/** One route per file, by its path: what is not in the map can't be reached, however it is spelt. */
export function staticRoutes(
  files: ReadonlyMap<string, StaticFile>,
  headers: Readonly<Record<string, string>> = {},
): readonly Route[] {
  return [...files].map(([path, { body, immutable = false }]) => {
    const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`
    const whole: Reply = {
      status: 200,
      contentType: TYPES[path.slice(path.lastIndexOf('.') + 1)] ?? 'application/octet-stream',
      body,
      headers: { ...headers, etag, 'cache-control': immutable ? 'public, max-age=31536000, immutable' : 'no-cache' },
    }
    return {
      method: 'GET',
      path,
      answer: (ask) => (knows(ask.headers['if-none-match'], etag) ? { ...whole, status: 304, body: '' } : whole),
    }
  })
}

/** RFC 9110 §13.1.2, with weak comparison. */
function knows(ifNoneMatch: string | undefined, etag: string): boolean {
  const known = (ifNoneMatch ?? '').split(',').map((one) => one.trim().replace(/^W\//, ''))
  return known.includes('*') || known.includes(etag)
}
