import { setTimeout as delay } from 'node:timers/promises'
import { asError } from '../../../src/lib/errors.ts'

/** Where it is shown again and again. */
export interface Screen {
  /** A terminal, on which the next picture takes the place of the last one. */
  readonly isTerminal: boolean
  out(text: string): void
  err(text: string): void
}

const EVERY_MS = 2_000
/** To the upper left, and nothing is left below. */
const CLEAR = '\u001b[H\u001b[J'

/**
 * Shows what `look` says, and again whenever it says something else, until it is interrupted. A look that fails ends it
 * only when it is the first: later ones are told, once for each kind, and tried again.
 */
export async function repeat(look: () => Promise<string>, screen: Screen, interrupted: AbortSignal): Promise<void> {
  let shown = await look()
  let trouble: string | undefined
  const show = (): void => screen.out(screen.isTerminal ? `${CLEAR}${shown}` : shown)
  show()
  while (!interrupted.aborted) {
    await delay(EVERY_MS, undefined, { signal: interrupted }).catch(() => undefined)
    if (interrupted.aborted) return
    try {
      const next = await look()
      // On a terminal what was told of the trouble stands in the picture's way.
      const differs = next !== shown || (screen.isTerminal && trouble !== undefined)
      shown = next
      trouble = undefined
      if (differs) show()
    } catch (thrown) {
      const why = asError(thrown).message
      if (why !== trouble) screen.err(`${why}; still looking\n`)
      trouble = why
    }
  }
}
