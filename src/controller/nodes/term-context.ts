import type { Announcement } from '../../core/model/effects.ts'
import type { NodeFacts } from '../../core/model/node.ts'
import type { NodeRepair, NodeRepairSpec, NodeRepairStatus } from '../../core/model/node-repair.ts'
import { refsOf } from '../../core/model/object-ref.ts'
import type { Policy } from '../../core/model/policy.ts'
import type { View } from '../../core/model/view.ts'
import type { Clock } from '../../core/ports/clock.ts'
import type { CloudProvider } from '../../core/ports/cloud-provider.ts'
import { LedgerConflictError } from '../../core/ports/ledger.ts'
import type { Notice, Tell } from '../../core/ports/log.ts'
import type { NodeApi } from '../../core/ports/node-api.ts'
import type { Term } from '../../core/ports/term.ts'
import type { Watched } from '../../core/ports/watched.ts'
import type { Records } from '../fenced-records.ts'
import type { RepairSlots } from './slots.ts'

/** What the leader works with during one term. */
export interface TermContext {
  readonly clock: Clock
  readonly tell: Tell
  readonly term: Term
  readonly provider: CloudProvider
  readonly nodes: Watched<NodeFacts>
  readonly nodeApi: NodeApi
  readonly records: Records<NodeRepairSpec, NodeRepairStatus>
  readonly slots: RepairSlots
  readonly policy: () => Policy
  /** Puts a view together anew: a round does so once, an effect once after each answer that it has waited for. */
  readonly view: () => View
  /** Asks API and cloud about this node, and the API for configuration and switches, without any cache. */
  readonly lookAgain: (node: string, signal: AbortSignal) => Promise<void>
}

/** Tells of something that has happened to a repair, as an event on its Node and on itself. */
export function tellOf(
  context: Pick<TermContext, 'tell'>,
  repair: NodeRepair,
  said: Announcement | undefined,
  more: Partial<Notice> = {},
): void {
  if (said === undefined) return
  context.tell({
    level: said.level,
    reason: said.reason,
    message: said.message,
    regarding: refsOf(repair.spec.nodeName, repair.name),
    event: said.level === 'warn' ? 'Warning' : 'Normal',
    ...more,
  })
}

/** How it is told that something could not be done. A write that met another one is read and decided again: no failure, the first time. */
export function asTold(thrown: unknown, reason: string, times: number): Pick<Notice, 'level' | 'reason'> {
  const met = thrown instanceof LedgerConflictError && times === 1
  return met ? { level: 'info', reason: 'WriteConflict' } : { level: 'warn', reason }
}
