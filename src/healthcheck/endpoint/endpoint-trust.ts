import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { asError } from '../../lib/errors.ts'
import { type CheckResult, checkResult } from '../plugin/check-result.ts'

/** What one round shows to and wants from the other side. */
export interface Trust {
  readonly ca: string | undefined
  readonly verify: boolean
  readonly token: string | undefined
}

export interface TrustOptions {
  readonly caFile?: string | undefined
  readonly tlsVerify?: boolean | undefined
  readonly requireToken: boolean
  readonly token?: string | undefined
  readonly tokenFile?: string | undefined
}

/** Files are read anew for every round: certificates and tokens rotate. What can't be read is why nobody is looked at. */
export async function readTrust(
  options: TrustOptions,
  podToken: (() => Promise<string>) | undefined,
): Promise<Trust | { readonly why: CheckResult }> {
  const { caFile, tlsVerify = caFile !== undefined, requireToken } = options
  let ca: string | undefined
  try {
    if (caFile !== undefined) {
      ca = await readFile(caFile, 'utf8')
      new X509Certificate(ca) // TLS itself skips garbage in silence and then trusts nobody
    }
  } catch (thrown) {
    return { why: checkResult('unknown', 'CaFileUnusable', `${caFile}: ${asError(thrown).message}`) }
  }
  if (!requireToken) return { ca, verify: tlsVerify, token: undefined }
  try {
    const token = (await readToken(options, podToken)).trim()
    if (/^[\x21-\x7e]+$/.test(token)) return { ca, verify: tlsVerify, token }
    return { why: checkResult('unknown', 'TokenUnusable', 'the token is empty or no single line of printable ASCII') }
  } catch (thrown) {
    return { why: checkResult('unknown', 'TokenUnusable', asError(thrown).message) }
  }
}

async function readToken(options: TrustOptions, podToken: (() => Promise<string>) | undefined): Promise<string> {
  if (options.token !== undefined) return options.token
  if (options.tokenFile !== undefined) return readFile(options.tokenFile, 'utf8')
  if (podToken === undefined) throw new Error('requireToken is set, but there is no token, tokenFile or pod token')
  return podToken()
}
