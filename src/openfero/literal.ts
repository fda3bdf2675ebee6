import type { Piece } from '../lib/pure/go-template/execute.ts'

/**
 * A kubelet replaces `$(NAME)` in a container's env, command and args, and reads `$$` as one `$`. What came from an alert
 * must reach the container as it came: its `$` are doubled where one of them could begin something. What the rule's author
 * wrote is left as it is, but for a `$` right before such text.
 */
export function literal(pieces: readonly Piece[]): string {
  return pieces
    .map(({ text, isData }, at) => {
      const after = pieces[at + 1]
      const isBeforeData = !isData && after?.isData === true && /^[$(]/.test(after.text)
      if (isData) return escapeDollars(text)
      return isBeforeData && /(^|[^$])(\$\$)*\$$/.test(text) ? `${text}$` : text
    })
    .join('')
}

export function escapeDollars(text: string): string {
  return /\$[$(]|\$$/.test(text) ? text.replaceAll('$', '$$$$') : text
}
