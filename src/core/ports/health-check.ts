import type { CheckInfo, Finding } from '../model/finding.ts'
import type { NodeFacts } from '../model/node.ts'
import type { Millis } from '../model/primitives.ts'

/** Pure: called whenever the facts change and at Finding.changesAt. `calendar`: the API server's time at `now`. */
export interface JudgeCheck extends CheckInfo {
  readonly kind: 'judge'
  judge(facts: NodeFacts, heartbeatAgeMs: Millis | undefined, now: Millis, calendar: Millis): Finding
}

/** Called every monitorInterval with all nodes of the role; nodes missing from the answer are `unknown`. */
export interface PollCheck extends CheckInfo {
  readonly kind: 'poll'
  poll(nodes: readonly NodeFacts[], signal: AbortSignal): Promise<ReadonlyMap<string, Finding>>
}

/** Pushed from outside. */
export interface ListenCheck extends CheckInfo {
  readonly kind: 'listen'
  listen(sink: (node: string, finding: Finding) => void, signal: AbortSignal): void
}

/** Checks come in three kinds. Each promises: `unknown` whenever it could not look; only answers from the node's side of the wire blame it. */
export type HealthCheck = JudgeCheck | PollCheck | ListenCheck
