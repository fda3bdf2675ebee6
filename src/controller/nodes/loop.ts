import { isOpen, type NodeRepair } from '../../core/model/node-repair.ts'
import { refsOf } from '../../core/model/object-ref.ts'
import type { Millis } from '../../core/model/primitives.ts'
import type { View } from '../../core/model/view.ts'
import type { Term } from '../../core/ports/term.ts'
import { outdated } from '../../core/repair/history.ts'
import { onlyLooks } from '../../core/repair/new-repair.ts'
import { statusOf } from '../../core/repair/status.ts'
import { asError } from '../../lib/errors.ts'
import { type Adoption, createAdoption } from '../adoption.ts'
import { createComplaints } from '../complaints.ts'
import { createRecords } from '../fenced-records.ts'
import { createRequestRemoval } from './drop-requests.ts'
import type { LeadOptions } from './lead-options.ts'
import { createMarkRelease } from './release-marks.ts'
import { createRequeue } from './requeue.ts'
import { type RoundResult, runRound } from './round.ts'
import { createSlots } from './slots.ts'
import type { TermContext } from './term-context.ts'
import { createToldStandstills } from './told-standstills.ts'

const HOUSEKEEPING_MS = 3_600_000

/**
 * One term of leadership: take over, then round after round look, decide, act (`round.ts`), and sleep until something
 * changes. Returns when stopping or when the leader's own node needs another leader; throws when the lease is lost.
 */
export async function lead(options: LeadOptions, term: Term): Promise<'stopped' | 'hand-over'> {
  const { clock, stopping } = options
  const { context, virtual, adoption } = beginTerm(options, term)
  const alarm = createRequeue(clock, options.onChange, [term.signal, stopping], options.longestSleepMs)
  const cleaning = createCleaning(options, context, adoption)
  const complain = createComplaints(options.tell)
  const tellStandstills = createToldStandstills(options.tell)
  const publish: LeadOptions['publish'] = (view, decision) => {
    options.publish(view, decision)
    tellStandstills(view, options.policy(), decision)
  }
  let lastRun = clock.now()
  try {
    while (!stopping.aborted) {
      term.signal.throwIfAborted()
      const now = clock.now()
      let wakeAt: Millis | undefined
      try {
        if ((await adoption.tend(now)) === 'outranked') return 'stopped'
        if (context.records.behind) await context.records.refresh(term.signal)
        // Of a longer gap between two rounds nobody saw the rest.
        const elapsedMs = Math.min(now - lastRun, 2 * alarm.longestSleepMs)
        const round = { publish, wake: alarm.wake, virtual }
        const result = await runRound(context, round, adoption.done, elapsedMs)
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
    await context.slots.settled()
  }
}

/** Everything that lives as long as the term, with nothing taken over yet. */
function beginTerm(options: LeadOptions, term: Term) {
  const { ledger, repairs, tell } = options
  const slots = createSlots()
  const refuse = (repair: NodeRepair): { readonly about: string; readonly why: string } | undefined => {
    const why = options.doubt?.(repair)
    return why === undefined ? undefined : { about: repair.spec.nodeName, why }
  }
  const foreign = options.isForeign === undefined ? {} : { isForeign: options.isForeign }
  const records = createRecords(
    { store: ledger, watched: repairs, regarding: refsOf, refuse, ...foreign, tell },
    () => term.epoch,
  )
  const virtual = new Map<string, NodeRepair>()
  const view = (): View =>
    options.assembleView({
      timers: slots.timers(),
      dryRunRepairs: virtual,
      unreadable: new Map([...records.unreadable(), ...adoption.unsealed()]),
      repairsBehind: records.behind,
    })
  const lookAgain = async (node: string, signal: AbortSignal): Promise<void> => {
    await Promise.all([options.refetch(node, signal), options.lookNow(node, signal)])
  }
  const context: TermContext = { ...options, term, records, slots, view, lookAgain }
  const adoption: Adoption = createAdoption({
    ...{ term, tell, records, isOpen, noun: 'repair', leaderCreates: true, store: ledger },
    now: options.clock.now(),
    statusOf: (repair) => statusOf(repair, view()),
    aboutOf: ({ spec }) => spec.nodeName,
    onlyLooks: () => onlyLooks(view()),
    onHealth: options.ledgerHealth,
  })
  return { context, virtual, adoption }
}

/** After each round: marks that no repair needs are taken back, requests that are over too, and once an hour old repairs are removed. */
function createCleaning(options: LeadOptions, context: TermContext, adoption: Adoption) {
  const undo = createMarkRelease(options.nodes)
  const requests = createRequestRemoval(options.nodes)
  let historyAt = context.clock.now()
  return {
    async run(now: Millis, { view }: RoundResult): Promise<void> {
      // Marks are judged by the repairs: without having seen those, all of them would look orphaned.
      if (adoption.done || (options.repairs.seenAt !== undefined && onlyLooks(view))) await undo.run(context)
      if (!adoption.done || view.switches.dryRun) return
      await requests.run(context)
      if (now < historyAt) return
      historyAt = now + HOUSEKEEPING_MS
      for (const repair of outdated(view.repairs.values(), view.calendar))
        await context.records.remove(repair, context.term.signal)
    },
    close() {
      undo.close()
      requests.close()
    },
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
