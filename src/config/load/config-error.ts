/** One thing that is wrong or doubtful in a configuration, and where. Never holds the value of a secret. */
export interface ConfigIssue {
  readonly file: string
  /** From 1. */
  readonly line: number
  readonly col: number
  /** As the author spelled it, with dots and indexes: `healthcheck.worker[0].params.unhealthy-duration`; empty for the file as a whole. */
  readonly key: string
  /** What is wrong, and what would be right. */
  readonly message: string
}

/** `file:line:col: key: what is wrong, what would be right` */
export function formatIssue(issue: ConfigIssue): string {
  const key = issue.key === '' ? '' : `${issue.key}: `
  return `${issue.file}:${issue.line}:${issue.col}: ${key}${issue.message}`
}

/** A configuration that can't be used. Holds every problem that was found, in the order of the file. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly issues: readonly ConfigIssue[]

  constructor(issues: readonly ConfigIssue[]) {
    super(issues.map(formatIssue).join('\n'))
    this.issues = issues
  }
}
