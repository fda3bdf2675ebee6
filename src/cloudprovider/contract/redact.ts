import { hideSecrets } from '../../lib/redact.ts'

const MAX_BYTES = 4_096

/** A console shows command lines, where a space ends the name of an argument, and programs that print what they like. */
const CONSOLE: readonly (readonly [RegExp, string])[] = [
  [/\b(bearer)\s+[\w.~+/=-]+/gi, '$1 [redacted]'],
  [
    /\b(\w*(?:token|password|passwd|secret|api_?key|certificate-key)\w*["']?\s*[:= ]\s*)("[^"]*"|'[^']*'|\S+)/gi,
    '$1[redacted]',
  ],
  // Here the shape of kubeadm's bootstrap tokens is enough.
  [/\b[a-z0-9]{6}\.[a-z0-9]{16}\b/g, '[redacted]'],
]

/** A machine's console without what looks like a credential: all that lib/redact knows, and more. */
export function redact(text: string): string {
  return CONSOLE.reduce((rest, [pattern, instead]) => rest.replace(pattern, instead), hideSecrets(text))
}

/** Its end, as much as is stored. */
export function tailOf(text: string): string {
  const bytes = Buffer.from(text, 'utf8')
  if (bytes.length <= MAX_BYTES) return text
  // A cut may fall inside a character: start at the next line.
  const tail = bytes.subarray(bytes.length - MAX_BYTES).toString('utf8')
  return tail.slice(tail.indexOf('\n') + 1)
}
