import type { NodeRepair } from '../core/model/node-repair.ts'
import { isOpen } from '../core/model/node-repair.ts'
import { statusOf } from '../core/repair/status.ts'
import { asError } from '../lib/errors.ts'
import type { Hands } from './hands.ts'

/**
 * A new leader's first act: every open repair gets its epoch, so that no write of an older leader can pass any more.
 * Returns the nodes whose repair could not be sealed, with why: they are left alone, and sealing is tried again.
 * `outranked`: somebody has written with our epoch or a later one, so ours is no epoch of its own. That happens when the
 * Lease was lost while nobody watched; the next term's epoch is above all that have just been listed.
 */
export async function seal(hands: Hands, first: boolean): Promise<ReadonlyMap<string, string> | 'outranked'> {
  const { records, term, tell } = hands
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
    await sealOne(hands, repair).catch((thrown: unknown) => {
      term.signal.throwIfAborted()
      unsealed.set(repair.spec.nodeName, `${repair.name} could not be sealed: ${asError(thrown).message}`)
    })
  }
  return unsealed
}

async function sealOne(hands: Hands, repair: NodeRepair): Promise<void> {
  const sealed = statusOf(repair, hands.view())
  await hands.records.save(repair, sealed, hands.term.signal)
}
