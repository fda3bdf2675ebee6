import type { NodeRepair } from '../../core/model/node-repair.ts'
import { isOpen } from '../../core/model/node-repair.ts'
import type { Millis } from '../../core/model/primitives.ts'
import type { View } from '../../core/model/view.ts'
import { statusOf } from '../../core/repair/status.ts'
import { asError } from '../../lib/errors.ts'
import { createComplaints } from './complaints.ts'
import type { LeadOptions } from './lead-options.ts'
import type { TermContext } from './term-context.ts'

const SEAL_AGAIN_MS = 5_000

/** Whether this leader has taken over the open repairs: until then it only looks. */
export interface Adoption {
  /** Takes over what is not taken over yet, when it is time to try. `outranked`: this term's epoch is no good. */
  tend(now: Millis): Promise<'outranked' | undefined>
  readonly done: boolean
  /** Node name -> why, of the repairs that could not be sealed. */
  unsealed(): ReadonlyMap<string, string>
}

const NOTHING: ReadonlyMap<string, string> = new Map()

export function createAdoption(options: LeadOptions, context: TermContext): Adoption {
  const { records, term } = context
  const complain = createComplaints(context.tell)
  let unsealed: ReadonlyMap<string, string> | undefined
  let sealAt = context.clock.now()

  /** Tries on the living API server whether the stored rules fence; while they do not, nothing may be advanced. */
  const isUsable = async (): Promise<boolean> => {
    const health = await options.ledger.probe(term.signal)
    options.ledgerHealth(health)
    complain(health.usable ? undefined : { level: 'error', reason: 'LedgerUnusable', message: health.reason })
    return health.usable
  }

  return {
    async tend(now) {
      // Something may have been in the way for some of them: tried again until it is done.
      const isIncomplete = unsealed === undefined || unsealed.size > 0 || records.unreadable().size > 0
      if (now < sealAt || !isIncomplete) return undefined
      sealAt = now + SEAL_AGAIN_MS
      if (unsealed === undefined && onlyLooks(context.view())) {
        options.ledgerHealth({ usable: true, reason: 'NotTriedInDryRun' })
        return undefined
      }
      if (unsealed === undefined && !(await isUsable())) return undefined
      const sealed = await seal(context, unsealed === undefined)
      if (sealed === 'outranked') return sealed
      unsealed = sealed
      return undefined
    },
    get done() {
      return unsealed !== undefined
    },
    unsealed: () => unsealed ?? NOTHING,
  }
}

/** Dry-run writes nothing, not even to try the ledger; but repairs that are open already go on to their end. */
export function onlyLooks(view: View): boolean {
  return view.switches.dryRun && ![...view.repairs.values()].some((repair) => isOpen(repair) && repair.uid !== '')
}

/**
 * A new leader's first act: every open repair gets its epoch, so that no write of an older leader can pass any more.
 * Returns the nodes whose repair could not be sealed, with why: they are left alone, and sealing is tried again.
 * `outranked`: somebody has written with our epoch or a later one, so ours is no epoch of its own. That happens when the
 * Lease was lost while nobody watched; the next term's epoch is above all that have just been listed.
 */
async function seal(context: TermContext, first: boolean): Promise<ReadonlyMap<string, string> | 'outranked'> {
  const { records, term, tell } = context
  const unsealed = new Map<string, string>()
  const repairs = await records.refresh(term.signal)
  const highest = Math.max(-1, ...repairs.map((repair) => repair.status?.epoch ?? repair.spec.epoch))
  if (highest > term.epoch || (first && highest === term.epoch)) {
    const message = `epoch ${term.epoch} is not above ${highest}, which stands in a repair: leading anew`
    tell({ level: 'warn', reason: 'EpochOutranked', message, fields: { epoch: term.epoch, highest } })
    return 'outranked'
  }
  for (const repair of repairs) {
    if (!isOpen(repair) || repair.status?.epoch === term.epoch) continue
    await sealOne(context, repair).catch((thrown: unknown) => {
      term.signal.throwIfAborted()
      unsealed.set(repair.spec.nodeName, `${repair.name} could not be sealed: ${asError(thrown).message}`)
    })
  }
  return unsealed
}

async function sealOne(context: TermContext, repair: NodeRepair): Promise<void> {
  const sealed = statusOf(repair, context.view())
  await context.records.save(repair, sealed, context.term.signal)
}
