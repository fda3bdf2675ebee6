import { isOpen, type NodeRepair } from '../core/model/node-repair.ts'
import { refsOf } from '../core/model/object-ref.ts'
import type { Millis } from '../core/model/primitives.ts'
import type { Decision, TermFacts, View } from '../core/model/view.ts'
import type { Ledger } from '../core/ports/ledger.ts'
import type { Notice, Tell } from '../core/ports/log.ts'
import type { Term } from '../core/ports/term.ts'
import type { Watched } from '../core/ports/watched.ts'
import { outdated } from '../core/repair/history.ts'
import { asError } from '../lib/errors.ts'
import { createAlarm, LONGEST_SLEEP_MS } from './alarm.ts'
import type { Hands } from './hands.ts'
import { createLanes } from './lanes.ts'
import { createRecords, type RepairRecords } from './records.ts'
import { runRound } from './round.ts'
import { seal } from './seal.ts'
import { createUndo } from './undo.ts'

const SEAL_AGAIN_MS = 5_000
const HOUSEKEEPING_MS = 3_600_000
/** Of a longer gap between two rounds nobody saw the rest. */
const LONGEST_ELAPSED_MS = 2 * LONGEST_SLEEP_MS

export interface LeadOptions extends Omit<Hands, 'term' | 'records' | 'lanes' | 'view' | 'lookAgain'> {
  readonly ledger: Ledger
  readonly repairs: Watched<NodeRepair>
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
}

/** One term of leadership. Returns when stopping or when the leader's own node needs another leader; throws when the lease is lost. */
export async function lead(options: LeadOptions, term: Term): Promise<'stopped' | 'hand-over'> {
  const { clock, tell } = options
  const lanes = createLanes()
  const records = createRecords(
    { store: options.ledger, watched: options.repairs, regarding: refsOf, tell },
    () => term.epoch,
  )
  const virtual = new Map<string, NodeRepair>()
  const alarm = createAlarm(clock, options.onChange, [term.signal, options.stopping])
  const complain = createComplaints(tell)
  const complainOfLedger = createComplaints(tell)
  let unsealed: ReadonlyMap<string, string> | undefined

  const view = (): View =>
    options.assembleView({
      timers: lanes.timers(),
      dryRunRepairs: virtual,
      unreadable: new Map([...records.unreadable(), ...(unsealed ?? [])]),
      repairsBehind: records.behind,
    })
  const lookAgain = async (node: string, signal: AbortSignal): Promise<void> => {
    await Promise.all([options.refetch(node, signal), options.lookNow(node, signal)])
  }
  const hands: Hands = { ...options, term, records, lanes, view, lookAgain }
  const undo = createUndo(options.nodes)
  const roundOptions = { publish: options.publish, wake: alarm.ring, virtual }
  let lastRun = clock.now()
  let sealAt = lastRun
  let housekeepingAt = lastRun

  try {
    while (!options.stopping.aborted) {
      term.signal.throwIfAborted()
      const now = clock.now()
      let wakeAt: Millis | undefined
      try {
        if (now >= sealAt && isIncomplete(unsealed, records)) {
          sealAt = now + SEAL_AGAIN_MS
          if (unsealed === undefined && onlyLooks(view())) {
            options.ledgerHealth({ usable: true, reason: 'NotTriedInDryRun' })
          } else if (unsealed !== undefined || (await isUsable(options, term, complainOfLedger))) {
            const sealed = await seal(hands, unsealed === undefined)
            if (sealed === 'outranked') return 'stopped'
            unsealed = sealed
          }
        }
        if (records.behind) await records.refresh(term.signal)
        const elapsedMs = Math.min(now - lastRun, LONGEST_ELAPSED_MS)
        const result = await runRound(hands, roundOptions, unsealed !== undefined, elapsedMs)
        wakeAt = result.wakeAt
        if (result.handOver) return handOver(options)
        // Marks are judged by the repairs: without having seen those, all of them would look orphaned.
        if (unsealed !== undefined || onlyLooks(result.view, options.repairs)) await undo.run(hands)
        if (now >= housekeepingAt && unsealed !== undefined && !result.view.switches.dryRun) {
          housekeepingAt = now + HOUSEKEEPING_MS
          for (const repair of outdated(result.view.repairs.values(), result.view.calendar))
            await records.remove(repair, term.signal)
        }
        complain(undefined)
      } catch (thrown) {
        term.signal.throwIfAborted()
        complain({ level: 'warn', reason: 'RoundFailed', message: asError(thrown).message })
      }
      lastRun = now
      await alarm.sleep(now, wakeAt)
    }
    return 'stopped'
  } finally {
    alarm.close()
    undo.close()
    await lanes.settled()
  }
}

function handOver({ tell, ownNode }: LeadOptions): 'hand-over' {
  tell({
    level: 'warn',
    reason: 'HandOver',
    message: `${ownNode} is our own node: another leader must repair it`,
    regarding: refsOf(ownNode),
  })
  return 'hand-over'
}

/** Dry-run writes nothing, not even to try the ledger; but repairs that are open already go on to their end. */
function onlyLooks(view: View, repairs?: LeadOptions['repairs']): boolean {
  if (repairs !== undefined && repairs.seenAt === undefined) return false
  return view.switches.dryRun && ![...view.repairs.values()].some((repair) => isOpen(repair) && repair.uid !== '')
}

/** Not taken over yet, or something was in the way for some: tried again until it is done. */
function isIncomplete(unsealed: ReadonlyMap<string, string> | undefined, records: RepairRecords): boolean {
  return unsealed === undefined || unsealed.size > 0 || records.unreadable().size > 0
}

/** Tries on the living API server whether the stored rules fence; while they do not, nothing may be advanced. */
async function isUsable(options: LeadOptions, term: Term, complain: Complain): Promise<boolean> {
  const health = await options.ledger.probe(term.signal)
  options.ledgerHealth(health)
  complain(health.usable ? undefined : { level: 'error', reason: 'LedgerUnusable', message: health.reason })
  return health.usable
}

type Complain = (notice: Notice | undefined) => void

/** Tells of a trouble that lasts once, not each round. Undefined: it is over. */
function createComplaints(tell: Tell): Complain {
  let last: string | undefined
  return (notice) => {
    if (notice !== undefined && notice.message !== last) tell(notice)
    last = notice?.message
  }
}
