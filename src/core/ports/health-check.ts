import type { EvidenceSource, Finding } from '../model/finding.ts'
import type { NodeFacts } from '../model/node.ts'
import type { Millis } from '../model/primitives.ts'

/** Checks come in three kinds. Each promises: `unknown` whenever it could not look; only answers from the node's side of the wire blame it. */
export interface CheckBase {
  readonly name: string
  readonly type: string
  readonly plane: EvidenceSource
  readonly symptom: string
  readonly unhealthyDurationMs: Millis
  readonly healthyDurationMs: Millis
}

/** Pure: called whenever the facts change and at Finding.changesAt. */
export interface JudgeCheck extends CheckBase {
  readonly kind: 'judge'
  judge(facts: NodeFacts, heartbeatAgeMs: Millis | undefined, now: Millis): Finding
}

/** Called every monitorInterval with all nodes of the role; nodes missing from the answer are `unknown`. */
export interface PollCheck extends CheckBase {
  readonly kind: 'poll'
  poll(nodes: readonly NodeFacts[], signal: AbortSignal): Promise<ReadonlyMap<string, Finding>>
}

/** Pushed from outside. */
export interface ListenCheck extends CheckBase {
  readonly kind: 'listen'
  listen(sink: (node: string, finding: Finding) => void, signal: AbortSignal): void
}

export type HealthCheck = JudgeCheck | PollCheck | ListenCheck
