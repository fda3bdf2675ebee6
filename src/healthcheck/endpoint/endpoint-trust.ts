import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { asError } from '../../lib/errors.ts'
import { type CheckResult, checkResult } from '../plugin/check-result.ts'
import type { PluginDeps } from '../plugin/plugin.ts'

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

/** The node names the address that it goes to: a token of heald's own is shown to nobody who can't prove who they are. */
export function sendsPodToken({
  requireToken,
  token,
  tokenFile,
}: Pick<TrustOptions, 'requireToken' | 'token' | 'tokenFile'>): boolean {
  return requireToken && token === undefined && tokenFile === undefined
}

/** Files are read anew for every round: certificates and tokens rotate. What can't be read is why nobody is looked at. */
export async function readTrust(
  options: TrustOptions,
  deps: Pick<PluginDeps, 'token' | 'clusterCA'>,
): Promise<Trust | { readonly why: CheckResult }> {
  const { caFile, requireToken } = options
  const ofThePod = sendsPodToken(options)
  const { tlsVerify = caFile !== undefined || ofThePod } = options
  let ca: string | undefined
  try {
    if (caFile !== undefined) {
      ca = await readFile(caFile, 'utf8')
      new X509Certificate(ca) // TLS itself skips garbage in silence and then trusts nobody
    } else if (ofThePod) {
      ca = await deps.clusterCA?.()
      if (ca === undefined)
        throw new Error("the cluster's CA is not known, and the pod's token goes to nobody unverified")
    }
  } catch (thrown) {
    return { why: checkResult('unknown', 'CaFileUnusable', `${caFile ?? 'caFile'}: ${asError(thrown).message}`) }
  }
  if (!requireToken) return { ca, verify: tlsVerify, token: undefined }
  try {
    const token = (await readToken(options, deps.token)).trim()
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
