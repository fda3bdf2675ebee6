import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import got from 'got'
import type { Json } from '../../../core/model/primitives.ts'
import { asError } from '../../../lib/errors.ts'
import { type Agents, proxyAgents, proxyError, refusedByProxy } from '../../../lib/proxy/agents.ts'
import type { ChooseProxy } from '../../../lib/proxy/choose.ts'
import type { Trust } from './credentials.ts'

/** Less than the 10 s in which a step must answer, reads before and after included. */
const READ_TIMEOUT_MS = 4_000
const CHANGE_TIMEOUT_MS = 6_000
const CONNECT_TIMEOUT_MS = 3_000
/** No answer that we ask for is larger; a stack of 500 nodes lists itself in about 4 MB. */
const MAX_BYTES = 64 * 1_048_576

export interface Request {
  /** For messages: `magnum`, `nova` ... */
  readonly service: string
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Json
  /** A question put by POST: it changes nothing, so nothing can be half done either. */
  readonly asks?: true
  readonly trust: Trust
}

export interface RawAnswer {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Uint8Array
}

/** One way to carry a request. What it throws has a `code` as Node's network errors have, or is the signal's reason. */
export type Exchange = (request: Request, signal: AbortSignal) => Promise<RawAnswer>

const OPTIONS = { keepAlive: true }

/** Over HTTP, by way of the proxy that `proxyFor` names: an end in time, no redirects, no repeats. */
export function createExchange(proxyFor: ChooseProxy): Exchange {
  const direct = { http: new HttpAgent(OPTIONS), https: new HttpsAgent(OPTIONS) }
  const proxied = new Map<string, Agents>()
  const agentFor = (proxy: URL | undefined): Agents => {
    if (proxy === undefined) return direct
    const known = proxied.get(proxy.href) ?? proxyAgents(proxy, { ...OPTIONS, timeout: CONNECT_TIMEOUT_MS })
    proxied.set(proxy.href, known)
    return known
  }
  const client = got.extend({
    retry: { limit: 0 },
    // X-Auth-Token would follow to another host.
    followRedirect: false,
    throwHttpErrors: false,
    responseType: 'buffer',
    headers: { accept: 'application/json', 'user-agent': 'heald' },
  })
  return async (request, signal) => {
    const { method, url, trust } = request
    const proxy = proxyFor(new URL(url))
    const pending = client<Uint8Array>(url, {
      method,
      signal,
      agent: agentFor(proxy),
      ...(request.body === undefined ? {} : { json: request.body }),
      ...(request.headers === undefined ? {} : { headers: { ...request.headers } }),
      timeout: {
        connect: CONNECT_TIMEOUT_MS,
        secureConnect: CONNECT_TIMEOUT_MS,
        request: changes(request) ? CHANGE_TIMEOUT_MS : READ_TIMEOUT_MS,
      },
      https: {
        rejectUnauthorized: !trust.insecure,
        ...(trust.authority === undefined ? {} : { certificateAuthority: trust.authority }),
        ...(trust.certificate === undefined ? {} : { certificate: trust.certificate }),
        ...(trust.key === undefined ? {} : { key: trust.key }),
      },
    })
    pending.on('downloadProgress', ({ transferred }) => {
      if (transferred > MAX_BYTES) pending.cancel()
    })
    const { statusCode, headers, body } = await pending.catch((thrown: unknown) => {
      throw proxy === undefined ? thrown : proxyError(asError(thrown), proxy)
    })
    // Nobody but a proxy says 407.
    if (proxy !== undefined && statusCode === 407) throw refusedByProxy(proxy, '407')
    return { status: statusCode, headers, body }
  }
}

export function changes({ method, asks }: Request): boolean {
  return method !== 'GET' && asks !== true
}
