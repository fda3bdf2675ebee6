import { type CheckResult, checkResult } from './check-result.ts'

/** Errors that only the node's side of the wire can cause. Everything else may be our own doing. */
const NODES_FAULT: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'Refused',
  EHOSTUNREACH: 'HostUnreachable',
  EHOSTDOWN: 'HostUnreachable',
  ETIMEDOUT: 'Timeout',
  ECONNRESET: 'ConnectionReset',
  EPIPE: 'ConnectionReset',
}

/**
 * Whom a failed connection or request blames. TLS that does not fit (untrusted or expired certificate, wrong protocol) is
 * `unknown`: something answered, and what is wrong may be our own trust.
 */
export function blameFor(error: Error): CheckResult {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  const reason = NODES_FAULT[code]
  if (reason !== undefined) return checkResult('fail', reason, error.message)
  if (code.startsWith('HPE_')) return checkResult('fail', 'BadAnswer', error.message)
  if (/^(EPROTO|CERT_|ERR_SSL_|ERR_TLS_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_)/.test(code)) {
    return checkResult('unknown', 'TlsMismatch', `${code}: ${error.message}`)
  }
  return checkResult('unknown', 'LocalError', code === '' ? error.message : `${code}: ${error.message}`)
}
