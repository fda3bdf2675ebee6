import { hideSecrets, isSecretName } from '../../lib/redact.ts'

/** Where secrets are often put under names of their own. */
const CARRIER = /^(args|env|headers|command|cookies|query)$/i

/** A key below which commands, headers and the like stand: `${HOME}` means something there. */
export function isCarrier(key: string): boolean {
  return CARRIER.test(key)
}

/** A key whose value never appears in any output. */
export function isHiddenKey(key: string): boolean {
  return CARRIER.test(key) || isSecretName(key)
}

/**
 * A key that no schema knows, as it may be printed. A lost colon or line end makes a key out of `password:Zebra7` or
 * `portZebra7`, so only what reads like a name is shown: words without digits.
 */
export function showKey(key: string): string {
  if (key.length <= 40 && /^[A-Za-z]+([-_.][A-Za-z]+)*$/.test(key)) return key
  return /^__?[a-z]+__?$/.test(key) ? key : '…'
}

/** A plain value as it may be printed in a message: short, on one line, user information in URLs hidden. */
export function showValue(value: unknown): string {
  if (value === null || value === undefined) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'a mapping'
  if (typeof value !== 'string') return String(value)
  const plain = hideSecrets(value)
  const short = plain.length > 60 ? `${plain.slice(0, 60)}…` : plain
  return JSON.stringify(short.replace(/[^/\s]*@/g, '…@'))
}

/** What kind of value it is, when the value itself must not be printed. */
export function showKind(value: unknown): string {
  if (typeof value === 'string') return value === '' ? 'an empty text' : 'a text'
  if (typeof value === 'number') return 'a number'
  if (typeof value === 'boolean') return 'a boolean'
  return showValue(value)
}
