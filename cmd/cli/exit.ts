/** Exit codes of every command. */
export const EXIT = {
  ok: 0,
  /** Bad usage or configuration. */
  usage: 2,
  internal: 70,
  /** A lease or a dependency is lost: try again. */
  tryAgain: 75,
} as const

/** A command can't go on, and says why: `code` is its exit code. */
export class ExitError extends Error {
  override readonly name = 'ExitError'
  readonly code: number

  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}
