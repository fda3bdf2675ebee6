import type { NodeFacts } from '../../core/model/node.ts'

/** What a check of one's own says of one node: what a program prints, and what a module returns. */
export interface CheckAnswer {
  readonly status: 'pass' | 'fail' | 'unknown'
  /** PascalCase. */
  readonly reason?: string | undefined
  readonly message?: string | undefined
}

/** What a file for `type: Module` exports. */
export interface CheckModule {
  /** The signal aborts when the time is over. */
  check(node: NodeFacts, signal: AbortSignal): CheckAnswer | Promise<CheckAnswer>
}
