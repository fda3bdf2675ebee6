const LONGEST = 8_192
const HIDDEN = '[redacted]'

/** What a name ends with that speaks of a secret, in any of the ways to join words. */
const WORDS =
  '(?:password|passwd|passphrase|secret|token|credentials?|(?:api|access|private|certificate)[-_]?key|authorization|cookie)'
const SECRET_NAME = new RegExp(`${WORDS}$`, 'i')
/** A switch about tokens. */
const NOT_SECRET = /^require[-_]?token$/i

/** The value after a name that speaks of a secret. `tokenFile: /path` is none: the name must end there. */
const NAMED = new RegExp(`([\\w-]{0,40}${WORDS}["']?\\s{0,4}[:=]\\s{0,4}["']?)(?!\\[redacted)[^\\s"',;&}]+`, 'gi')

const SHAPES: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]{0,30}PRIVATE KEY-----|$)/g, HIDDEN],
  [/\b(bearer|basic|negotiate)(\s+)(?=[\w+/.~=-]*[\d=.])[\w+/.~=-]{6,}/gi, `$1$2${HIDDEN}`],
  // JSON Web Tokens: ServiceAccount tokens are such.
  [/\beyJ[\w-]{6,}\.[\w-]{6,}(?:\.[\w-]*)?/g, HIDDEN],
  // Keystone's Fernet tokens.
  [/\bgAAAAA[\w-]{20,}=*/g, HIDDEN],
  // kubeadm's bootstrap tokens. Most host names of that shape have no digit in their second half.
  [/\b[a-z0-9]{6}\.(?=[a-z]*\d)[a-z0-9]{16}\b/g, HIDDEN],
  // user:password@host
  [/(:\/\/)[^/\s:@]{1,256}:[^/\s@]{1,256}@/g, `$1${HIDDEN}@`],
  [NAMED, `$1${HIDDEN}`],
]

/** The text without anything that looks like a credential. */
export function hideSecrets(text: string): string {
  return SHAPES.reduce((rest, [shape, instead]) => rest.replace(shape, instead), text)
}

/** The same for a line of output: at most 8 KiB of it. */
export function scrub(text: string): string {
  return hideSecrets(text.length > LONGEST ? `${text.slice(0, LONGEST)}… (${text.length - LONGEST} more)` : text)
}

/** Whether what stands under this name is not to be shown, whatever it is. Paths of secrets (`passwordFile`) are shown. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name) && !NOT_SECRET.test(name)
}
