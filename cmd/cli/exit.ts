/** Exit codes of every command. */
export const EXIT = {
  ok: 0,
  /** Bad usage or configuration. */
  usage: 2,
  internal: 70,
  /** A lease or a dependency is lost: try again. */
  tryAgain: 75,
} as const
