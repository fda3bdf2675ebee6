import got, { RequestError, type Response } from 'got'
import { asError } from '../../lib/errors.ts'
import { proxyError } from '../../lib/proxy/agents.ts'
import { NO_WAY } from '../../lib/proxy/choose.ts'
import type { Agents } from './agents.ts'
import { noAnswer } from './answer-error.ts'
import type { TlsOptions } from './credentials.ts'
import type { KubeError, KubeRequest } from './http.ts'

/** A host that doesn't shake hands in this time leaves enough of a request's time for the next one. */
const CONNECT_MS = 3_000
/** Codes of a handshake that failed. */
const UNTRUSTED = /^(ERR_TLS|ERR_SSL|DEPTH_ZERO|SELF_SIGNED|CERT_|UNABLE_TO)/
const LOOPBACK = /^(127\.\d+\.\d+\.\d+|localhost|\[::1\])$/

export type Agent = ReturnType<Agents['for']>

export interface AuthMaterial {
  readonly tls: TlsOptions
  readonly headers: Readonly<Record<string, string>>
}

export interface TimeLimits {
  /** Until the headers of the answer. */
  readonly responseMs: number
  /** Until the end of the answer; undefined = the reader has a limit of its own. */
  readonly requestMs: number | undefined
}

export interface OpenResponse {
  readonly body: AsyncIterable<Buffer>
  readonly status: number
  readonly header: (name: string) => string | undefined
  close(): void
}

/** Proven that the request never left: refused, unroutable, or the two of us could not agree on who the other is. */
export interface NotSent {
  readonly notSent: KubeError
  readonly handshake: boolean
}

/** Sends one request once. Resolves at the headers, whatever the status; throws KubeError when the outcome is not known. */
export async function sendOnce(
  request: KubeRequest,
  host: string,
  shown: AuthMaterial,
  options: {
    readonly agent: Agent
    readonly proxy: URL | undefined
    readonly limits: TimeLimits
    readonly signal: AbortSignal
  },
): Promise<OpenResponse | NotSent> {
  const { limits, proxy, signal } = options
  const url = new URL(host + request.path)
  for (const [name, value] of Object.entries(request.query ?? {})) url.searchParams.set(name, String(value))
  const headers: Record<string, string> = { ...shown.headers, accept: 'application/json', 'user-agent': 'heald' }
  // A token sent in clear text to another machine is a token given away.
  if (url.protocol === 'http:' && !LOOPBACK.test(url.hostname)) delete headers.authorization
  if (request.body !== undefined) headers['content-type'] = request.contentType ?? 'application/json'

  const stream = got.stream(url, {
    method: request.method,
    headers,
    ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
    agent: options.agent,
    // Compressing costs both sides more than the loopback or rack network that we read over.
    decompress: false,
    retry: { limit: 0 },
    followRedirect: false,
    throwHttpErrors: false,
    timeout: {
      lookup: CONNECT_MS,
      connect: CONNECT_MS,
      secureConnect: CONNECT_MS,
      response: limits.responseMs,
      request: limits.requestMs,
    },
    signal,
  })
  if (request.method !== 'GET' && request.body === undefined) stream.end()
  const secrets = secretsOf(shown.headers)
  const fail = (thrown: unknown): KubeError => {
    signal.throwIfAborted()
    return noAnswer(request, host, thrown, secrets)
  }

  let response: Response
  try {
    response = await new Promise<Response>((resolve, reject) => {
      // Stays: an error between the headers and the first read would otherwise end the process.
      stream.on('error', reject)
      stream.once('response', resolve)
    })
  } catch (thrown) {
    if (proxy !== undefined) return throughProxy(thrown, proxy, fail)
    const timings = thrown instanceof RequestError ? thrown.timings : undefined
    const sent =
      timings !== undefined && (url.protocol === 'https:' ? timings.secureConnect : timings.connect) !== undefined
    const error = fail(thrown)
    if (sent || timings === undefined) throw error
    return { notSent: error, handshake: timings.connect !== undefined }
  }
  return {
    status: response.statusCode,
    header: (name) => [response.headers[name]].flat()[0],
    close: () => stream.destroy(),
    body: (async function* () {
      try {
        for await (const chunk of stream) yield chunk as Buffer
      } catch (thrown) {
        throw fail(thrown)
      } finally {
        stream.destroy()
      }
    })(),
  }
}

/** Behind a proxy no timing says how far a request got: only what the proxy itself refused never left. */
function throughProxy(thrown: unknown, proxy: URL, fail: (thrown: unknown) => KubeError): NotSent {
  const said = proxyError(asError(thrown), proxy)
  const code = 'code' in said ? said.code : undefined
  const error = fail(said)
  if (UNTRUSTED.test(String(code))) return { notSent: error, handshake: true }
  if (code !== NO_WAY && code !== 'ECONNREFUSED' && code !== 'ENOTFOUND') throw error
  return { notSent: error, handshake: false }
}

function secretsOf(headers: Readonly<Record<string, string>>): string[] {
  return [headers.authorization?.replace(/^\w+ /, '')].filter(
    (secret) => secret !== undefined && secret !== '',
  ) as string[]
}
