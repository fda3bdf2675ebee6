import { renderExplanation } from '../core/explain/render.ts'
import type { Millis } from '../core/model/primitives.ts'
import type { Explanation } from '../core/model/view.ts'
import { isSecretName, scrub } from '../lib/redact.ts'

/** What the pages show; each is called when somebody looks. */
export interface Pages {
  /** Why a restart would help; undefined = alive. */
  readonly livez: () => string | undefined
  /** Why not to count on this replica yet; undefined = ready. */
  readonly readyz: () => string | undefined
  readonly metrics: () => Promise<{ readonly contentType: string; readonly body: string }>
  readonly status: () => object
  /** Undefined: this replica can not say, e.g. before its first list. `now`: the clock of the gates' `changesAt`. */
  readonly why: (node: string) => (Explanation & { readonly now?: Millis }) | undefined
}

export interface Ask {
  readonly method: string
  /** Path and query as sent. */
  readonly target: string
  readonly accept: string
  /** Whether it came in where /status and /why may be shown. */
  readonly local: boolean
}

export interface Reply {
  readonly status: number
  readonly contentType: string
  readonly body: string
}

const TEXT = 'text/plain; charset=utf-8'
const JSON_TYPE = 'application/json; charset=utf-8'
const PUBLIC_PAGES = '/livez /readyz /metrics'
const ALL_PAGES = `${PUBLIC_PAGES} /status /why/NODE`

/** One question, one answer. Rejects only when a page itself throws. */
export async function answer(ask: Ask, pages: Pages): Promise<Reply> {
  const path = ask.target.split('?', 1)[0] ?? ''
  if (ask.method !== 'GET' && ask.method !== 'HEAD') {
    return text(405, `${ask.method} is not possible here: pages are only read (GET)`)
  }
  if (path === '/livez') return probe(pages.livez())
  if (path === '/readyz') return probe(pages.readyz())
  if (path === '/metrics') return { status: 200, ...(await pages.metrics()) }
  const isLocalPage = path === '/status' || path === '/why' || path.startsWith('/why/')
  if (isLocalPage && !ask.local) {
    return text(404, `${path} is served on the local address only (http.host, http.port): reach it by port-forward`)
  }
  if (path === '/status') return json(200, pages.status())
  if (isLocalPage) return why(path.slice('/why/'.length), ask, pages)
  return text(404, `there is no page ${path}; pages: ${ask.local ? ALL_PAGES : PUBLIC_PAGES}`)
}

function why(encoded: string, ask: Ask, pages: Pages): Reply {
  const node = decode(encoded)
  if (node === undefined || node === '' || node.includes('/')) {
    return text(404, 'name one node: /why/NODE, e.g. /why/worker-1')
  }
  const explanation = pages.why(node)
  if (explanation === undefined) return text(503, 'nothing is known yet: the first list of nodes has not come in')
  const status = explanation.kind === 'unknown-node' ? 404 : 200
  if (ask.accept.includes('application/json')) return json(status, explanation)
  return text(status, renderExplanation(explanation, explanation.now))
}

function decode(encoded: string): string | undefined {
  try {
    return decodeURIComponent(encoded)
  } catch (thrown) {
    if (thrown instanceof URIError) return undefined
    throw thrown
  }
}

function probe(complaint: string | undefined): Reply {
  return complaint === undefined ? text(200, 'ok') : text(503, complaint)
}

function text(status: number, body: string): Reply {
  return { status, contentType: TEXT, body: body.endsWith('\n') ? body : `${body}\n` }
}

function json(status: number, body: object): Reply {
  return { status, contentType: JSON_TYPE, body: `${JSON.stringify(body, show, 2)}\n` }
}

/** Whole, unlike a log line, but without credentials either. */
function show(key: string, value: unknown): unknown {
  if (typeof value === 'string') return isSecretName(key) ? '[redacted]' : scrub(value)
  return value instanceof Map ? Object.fromEntries(value) : value
}
