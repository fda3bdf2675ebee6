import type { NodeRepair } from '../../core/model/node-repair.ts'
import { refsOf } from '../../core/model/object-ref.ts'
import type { Millis } from '../../core/model/primitives.ts'
import type { View } from '../../core/model/view.ts'
import type { Term } from '../../core/ports/term.ts'
import { outdated } from '../../core/repair/history.ts'
import { asError } from '../../lib/errors.ts'
import { type Adoption, createAdoption, onlyLooks } from './adoption.ts'
import { createAlarm, LONGEST_SLEEP_MS } from './alarm.ts'
import { createComplaints } from './complaints.ts'
import type { Hands } from './hands.ts'
import { createLanes } from './lanes.ts'
import type { LeadOptions } from './lead-options.ts'
import { createRecords } from './records.ts'
import { type RoundResult, runRound } from './round.ts'
import { createUndo } from './undo.ts'

const HOUSEKEEPING_MS = 3_600_000
/** Of a longer gap between two rounds nobody saw the rest. */
const LONGEST_ELAPSED_MS = 2 * LONGEST_SLEEP_MS

/**
 * One term of leadership: take over, then round after round look, decide, act (`round.ts`), and sleep until something
 * changes. Returns when stopping or when the leader's own node needs another leader; throws when the lease is lost.
 */
export async function lead(options: LeadOptions, term: Term): Promise<'stopped' | 'hand-over'> {
  const { clock, stopping } = options
  const { hands, virtual, adoption } = beginTerm(options, term)
  const alarm = createAlarm(clock, options.onChange, [term.signal, stopping])
  const cleaning = createCleaning(options, hands, adoption)
  const complain = createComplaints(options.tell)
  let lastRun = clock.now()
  try {
    while (!stopping.aborted) {
      term.signal.throwIfAborted()
      const now = clock.now()
      let wakeAt: Millis | undefined
      try {
        if ((await adoption.tend(now)) === 'outranked') return 'stopped'
        if (hands.records.behind) await hands.records.refresh(term.signal)
        const elapsedMs = Math.min(now - lastRun, LONGEST_ELAPSED_MS)
        const round = { publish: options.publish, wake: alarm.ring, virtual }
        const result = await runRound(hands, round, adoption.done, elapsedMs)
        if (result.handOver) return handOver(options)
        wakeAt = result.wakeAt
        await cleaning.run(now, result)
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
    cleaning.close()
    await hands.lanes.settled()
  }
}

/** Everything that lives as long as the term, with nothing taken over yet. */
function beginTerm(options: LeadOptions, term: Term) {
  const { ledger, repairs, tell } = options
  const lanes = createLanes()
  const records = createRecords({ store: ledger, watched: repairs, regarding: refsOf, tell }, () => term.epoch)
  const virtual = new Map<string, NodeRepair>()
  const view = (): View =>
    options.assembleView({
      timers: lanes.timers(),
      dryRunRepairs: virtual,
      unreadable: new Map([...records.unreadable(), ...adoption.unsealed()]),
      repairsBehind: records.behind,
    })
  const lookAgain = async (node: string, signal: AbortSignal): Promise<void> => {
    await Promise.all([options.refetch(node, signal), options.lookNow(node, signal)])
  }
  const hands: Hands = { ...options, term, records, lanes, view, lookAgain }
  const adoption = createAdoption(options, hands)
  return { hands, virtual, adoption }
}

/** After each round: marks that no repair needs are taken back, and once an hour old repairs are removed. */
function createCleaning(options: LeadOptions, hands: Hands, adoption: Adoption) {
  const undo = createUndo(options.nodes)
  let historyAt = hands.clock.now()
  return {
    async run(now: Millis, { view }: RoundResult): Promise<void> {
      // Marks are judged by the repairs: without having seen those, all of them would look orphaned.
      if (adoption.done || (options.repairs.seenAt !== undefined && onlyLooks(view))) await undo.run(hands)
      if (now < historyAt || !adoption.done || view.switches.dryRun) return
      historyAt = now + HOUSEKEEPING_MS
      for (const repair of outdated(view.repairs.values(), view.calendar))
        await hands.records.remove(repair, hands.term.signal)
    },
    close: () => undo.close(),
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
