const LONGEST = 8_192
const HIDDEN = '[redacted]'

/** The value after a name that speaks of a secret. `tokenFile: /path` is none: the name must end there. */
const NAMED =
  /([\w-]{0,40}(?:password|passwd|passphrase|secret|token|credentials?|api[-_]?key|access[-_]?key|private[-_]?key|authorization|cookie)["']?\s{0,4}[:=]\s{0,4}["']?)(?!\[redacted)[^\s"',;&}]+/gi

const SHAPES: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]{0,30}PRIVATE KEY-----|$)/g, HIDDEN],
  [/\b(bearer|basic|negotiate)(\s+)(?=[\w+/.~=-]*[\d=.])[\w+/.~=-]{6,}/gi, `$1$2${HIDDEN}`],
  // JSON Web Tokens: ServiceAccount tokens are such.
  [/\beyJ[\w-]{6,}\.[\w-]{6,}(?:\.[\w-]*)?/g, HIDDEN],
  // Keystone's Fernet tokens.
  [/\bgAAAAA[\w-]{20,}=*/g, HIDDEN],
  // user:password@host
  [/(:\/\/)[^/\s:@]{1,256}:[^/\s@]{1,256}@/g, `$1${HIDDEN}@`],
  [NAMED, `$1${HIDDEN}`],
]

/** The text without anything that looks like a credential, and at most 8 KiB of it. */
export function scrub(text: string): string {
  const short = text.length > LONGEST ? `${text.slice(0, LONGEST)}… (${text.length - LONGEST} more)` : text
  return SHAPES.reduce((rest, [shape, instead]) => rest.replace(shape, instead), short)
}

/** Whether a field of this name is not to be shown whatever it holds. */
export function isSecretName(name: string): boolean {
  return /(password|passwd|passphrase|secret|token|authorization|cookie|api[-_]?key|access[-_]?key|private[-_]?key)$/i.test(
    name,
  )
}
