import type { NodeRepair } from '../../core/model/node-repair.ts'
import type { Millis } from '../../core/model/primitives.ts'
import type { Decision, TermFacts, View } from '../../core/model/view.ts'
import type { Ledger } from '../../core/ports/ledger.ts'
import type { Watched } from '../../core/ports/watched.ts'
import type { TermContext } from './term-context.ts'

export interface LeadOptions extends Omit<TermContext, 'term' | 'records' | 'slots' | 'view' | 'lookAgain'> {
  readonly ledger: Ledger
  readonly repairs: Watched<NodeRepair>
  /** Whether it is another heald's. Default: none is. */
  readonly isForeign?: (repair: NodeRepair) => boolean
  /** Why nothing is done by what a repair says; undefined: it is believed. Default: all are. */
  readonly doubt?: (repair: NodeRepair) => string | undefined
  /** The picture of now, with what the leader alone knows. */
  readonly assembleView: (term: TermFacts) => View
  /** Cloud and probe about a node, now. */
  readonly lookNow: (node: string, signal: AbortSignal) => Promise<void>
  /** Node, heartbeat, configuration and switches from the API, now. */
  readonly refetch: (node: string, signal: AbortSignal) => Promise<void>
  /** Tells the observer whether the stored rules fence. */
  readonly ledgerHealth: (health: { readonly usable: boolean; readonly reason: string }) => void
  readonly publish: (view: View, decision: Decision) => void
  /** Registers a listener for "something changed"; returns how to take it back. */
  readonly onChange: (listener: () => void) => () => void
  /** Aborted on SIGTERM: plan nothing more, let what is under way end. */
  readonly stopping: AbortSignal
  readonly ownNode: string | undefined
  /** The longest pause between two rounds; 5 s. */
  readonly longestSleepMs?: Millis
}
