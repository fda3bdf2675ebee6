import type { Clock } from '../../core/ports/clock.ts'
import { createAgents } from './agents.ts'
import { answerError } from './answer-error.ts'
import type { Credentials } from './credentials.ts'
import { KubeError, type KubeHttp, type KubeRequest } from './http.ts'
import { type AuthMaterial, type NotSent, type OpenResponse, sendOnce, type TimeLimits } from './send.ts'
import { type ContactRecorder, createContact } from './server-clock.ts'

const REQUEST_MS = 10_000

/**
 * One attempt per call, with two exceptions, both before the API server has looked at the request: a host that can't
 * be reached is passed over for the next one, and after a 401 or a failed handshake credentials that have changed
 * since are tried once. The host that answered last is asked first.
 */
export function createTransport(credentials: Credentials, clock: Clock): KubeHttp {
  const contact = createContact(clock)
  const agents = createAgents()
  const { hosts } = credentials
  let preferred = 0

  async function open(request: KubeRequest, limits: TimeLimits, signal: AbortSignal): Promise<OpenResponse> {
    const failures: KubeError[] = []
    for (let tried = 0, first = preferred; tried < hosts.length; tried++) {
      const index = (first + tried) % hosts.length
      const host = hosts[index] ?? ''
      // A server that hangs up, or is in trouble (its etcd gone, shutting down): the next request is better sent elsewhere.
      preferred = (index + 1) % hosts.length
      try {
        const result = await ask(request, host, limits, signal)
        if ('notSent' in result) {
          failures.push(result.notSent)
          continue
        }
        if (result.status < 500) preferred = index
        contact.heard(result.header('date'))
        return result
      } catch (thrown) {
        agents.dropIdle(host)
        throw thrown
      }
    }
    const [failure] = failures
    if (failure !== undefined && failures.length === 1) throw failure
    throw new KubeError(0, 'NoAnswer', failures.map((each) => each.message).join('; '), { cause: failure })
  }

  /** With credentials read again once, when the server, or we, did not accept the ones at hand. */
  async function ask(
    request: KubeRequest,
    host: string,
    limits: TimeLimits,
    signal: AbortSignal,
  ): Promise<OpenResponse | NotSent> {
    const before = await show(host, signal)
    const proxy = await credentials.proxy?.(signal)
    const send = (shown: AuthMaterial): Promise<OpenResponse | NotSent> =>
      sendOnce(request, host, shown, { agent: agents.for(host, shown.tls, proxy), proxy, limits, signal })
    const result = await send(before)
    const refused = 'notSent' in result ? result.handshake : result.status === 401
    if (!refused) return result
    credentials.refresh()
    const after = await show(host, signal)
    if (after.tls === before.tls && after.headers.authorization === before.headers.authorization) return result
    if (!('notSent' in result)) result.close()
    return send(after)
  }

  async function show(host: string, signal: AbortSignal): Promise<AuthMaterial> {
    return { tls: await credentials.tls(host, signal), headers: await credentials.headers(signal) }
  }

  return createKubeHttp(open, contact)
}

/** One way to carry a request: what resolves has its headers, what throws is a KubeError or the signal's reason. */
export type Open = (request: KubeRequest, limits: TimeLimits, signal: AbortSignal) => Promise<OpenResponse>

/** What all ways to an API server share: bodies read, refusals as errors, answers counted. `contact` is told of the headers by `open`. */
export function createKubeHttp(open: Open, contact: ContactRecorder): KubeHttp {
  async function text(opened: OpenResponse): Promise<string> {
    const chunks: Buffer[] = []
    for await (const chunk of opened.body) chunks.push(chunk)
    contact.answered(opened.status)
    return Buffer.concat(chunks).toString('utf8')
  }

  async function refuse(request: KubeRequest, opened: OpenResponse): Promise<never> {
    throw answerError(request, opened.status, await text(opened), opened.header('retry-after'))
  }

  return {
    contact,
    async request(request, signal) {
      signal.throwIfAborted()
      const limitMs = request.timeoutMs ?? REQUEST_MS
      const opened = await open(request, { responseMs: limitMs, requestMs: limitMs }, signal)
      if (opened.status >= 300) return refuse(request, opened)
      const body = await text(opened)
      if (!opened.header('content-type')?.startsWith('application/json')) return body
      return parse(request, opened.status, body)
    },
    async stream(request, signal) {
      signal.throwIfAborted()
      const limits = { responseMs: request.timeoutMs ?? REQUEST_MS, requestMs: undefined }
      const opened = await open(request, limits, signal)
      if (opened.status >= 300) return refuse(request, opened)
      return (async function* () {
        yield* opened.body
        contact.answered(opened.status)
      })()
    },
  }
}

function parse(request: KubeRequest, status: number, body: string): unknown {
  try {
    return JSON.parse(body)
  } catch (thrown) {
    // The parser's own words quote the body.
    const what = thrown instanceof SyntaxError ? 'the answer is not JSON' : 'the answer is unreadable'
    throw new KubeError(status, 'BadAnswer', `kube: ${request.method} ${request.path}: ${what} (${body.length} bytes)`)
  }
}
