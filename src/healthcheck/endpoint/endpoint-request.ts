import http from 'node:http'
import https from 'node:https'
import { got } from 'got'
import { asError } from '../../lib/errors.ts'
import { toMs } from '../../lib/schema/duration.ts'
import { blameFor } from '../plugin/blame.ts'
import { type CheckResult, checkResult } from '../plugin/check-result.ts'
import type { Trust } from './endpoint-trust.ts'

const BODY_LIMIT = 65_536
/** Answers about us, not about the node: it is well enough to refuse. */
const ABOUT_US: Readonly<Record<number, string>> = { 401: 'NotAuthorized', 403: 'NotAuthorized', 429: 'Throttled' }

export interface RequestOptions {
  readonly method: 'GET' | 'HEAD'
  readonly timeout: string
  readonly okCodes: readonly number[]
  readonly expectBody?: string | undefined
}

interface Answer {
  readonly code: number
  /** At most BODY_LIMIT bytes; empty unless it was asked for. */
  readonly body: string
}

/** One request, and what its answer says of the node. Never rejects. */
export async function fetchAnswer(
  url: string,
  options: RequestOptions,
  trust: Trust,
  signal: AbortSignal,
): Promise<CheckResult> {
  try {
    return judge(url, await request(url, options, trust, signal), options)
  } catch (thrown) {
    if (signal.aborted) return checkResult('unknown', 'Aborted')
    const seen = blameFor(asError(thrown))
    return checkResult(seen.status, seen.reason, `${options.method} ${url}: ${seen.message ?? ''}`)
  }
}

async function request(url: string, options: RequestOptions, trust: Trust, signal: AbortSignal): Promise<Answer> {
  const stream = got.stream(url, {
    method: options.method,
    headers: trust.token === undefined ? {} : { authorization: `Bearer ${trust.token}` },
    // A pooled connection proves nothing of the listener, and an idle one closed by the server looks like a reset.
    agent: { http: new http.Agent({ keepAlive: false }), https: new https.Agent({ keepAlive: false }) },
    https: {
      rejectUnauthorized: trust.verify,
      ...(trust.ca === undefined ? {} : { certificateAuthority: trust.ca }),
    },
    timeout: { request: toMs(options.timeout) },
    retry: { limit: 0 },
    followRedirect: false, // the token would follow to another host
    throwHttpErrors: false,
    decompress: false,
    signal,
  })
  let code = 0
  stream.once('response', (response: { statusCode: number }) => {
    code = response.statusCode
    if (!wantsBody(code, options)) stream.destroy()
  })
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of stream) {
      chunks.push(chunk)
      size += chunk.length
      if (size >= BODY_LIMIT) break
    }
  } catch (thrown) {
    if (code === 0 || wantsBody(code, options)) throw thrown // else it is our own hanging up
  }
  return { code, body: Buffer.concat(chunks).subarray(0, BODY_LIMIT).toString('utf8') }
}

function wantsBody(code: number, { okCodes, expectBody }: RequestOptions): boolean {
  return expectBody !== undefined && okCodes.includes(code)
}

function judge(url: string, { code, body }: Answer, { method, okCodes, expectBody }: RequestOptions): CheckResult {
  const asked = `${method} ${url}`
  if (okCodes.includes(code)) {
    if (expectBody === undefined || body.includes(expectBody)) return checkResult('pass', 'Answered')
    return checkResult('fail', 'BadBody', `${asked}: ${code}, but the body does not contain what expectBody says`)
  }
  const aboutUs = ABOUT_US[code]
  if (aboutUs !== undefined) return checkResult('unknown', aboutUs, `${asked}: ${code}`)
  return checkResult('fail', 'BadStatus', `${asked}: ${code}, healthy would be ${okCodes.join(' or ')}`)
}
