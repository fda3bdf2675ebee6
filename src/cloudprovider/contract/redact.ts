const MAX_BYTES = 4_096

const SECRETS: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, '[removed]'],
  [/\b(bearer)\s+[\w.~+/=-]+/gi, '$1 [removed]'],
  [
    /\b(\w*(?:token|password|passwd|secret|api_?key|certificate-key)\w*["']?\s*[:= ]\s*)("[^"]*"|'[^']*'|\S+)/gi,
    '$1[removed]',
  ],
  // kubeadm's bootstrap tokens are known by their shape
  [/\b[a-z0-9]{6}\.[a-z0-9]{16}\b/g, '[removed]'],
]

/** A machine's console without what looks like a credential. */
export function redact(text: string): string {
  return SECRETS.reduce((rest, [pattern, instead]) => rest.replace(pattern, instead), text)
}

/** Its end, as much as is stored. */
export function tailOf(text: string): string {
  const bytes = Buffer.from(text, 'utf8')
  if (bytes.length <= MAX_BYTES) return text
  // A cut may fall inside a character: start at the next line.
  const tail = bytes.subarray(bytes.length - MAX_BYTES).toString('utf8')
  return tail.slice(tail.indexOf('\n') + 1)
}
