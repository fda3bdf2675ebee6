import type { Place } from '../yaml/read-yaml.ts'

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

/** The same before it is known what the file is called. */
export interface Diagnostic {
  readonly at: Place
  readonly key: string
  readonly message: string
  /** Unknown keys: the canonical paths of the keys that were most likely meant. */
  readonly meant?: readonly (readonly string[])[]
  /** The canonical path of what is missing: nothing stands there. */
  readonly missing?: readonly string[]
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
  /** What is doubtful beside that. */
  readonly warnings: readonly ConfigIssue[]

  constructor(issues: readonly ConfigIssue[], warnings: readonly ConfigIssue[] = []) {
    super(issues.map(formatIssue).join('\n'))
    this.issues = issues
    this.warnings = warnings
  }
}
