import type { NodeRepair } from '../core/node-repair.ts'
import { isOpen } from '../core/node-repair.ts'
import { statusOf } from '../core/status.ts'
import { asError } from '../lib/errors.ts'
import type { Hands } from './hands.ts'

/**
 * A new leader's first act: every open repair gets its epoch, so that no write of an older leader can pass any more.
 * Returns the nodes whose repair could not be sealed, with why: they are left alone.
 */
export async function seal(hands: Hands): Promise<ReadonlyMap<string, string>> {
  const unsealed = new Map<string, string>()
  for (const repair of await hands.records.refresh(hands.term.signal)) {
    if (!isOpen(repair) || (repair.status?.epoch ?? -1) >= hands.term.epoch) continue
    await sealOne(hands, repair).catch((thrown: unknown) => {
      hands.term.signal.throwIfAborted()
      unsealed.set(repair.spec.nodeName, `${repair.name} could not be sealed: ${asError(thrown).message}`)
    })
  }
  return unsealed
}

async function sealOne(hands: Hands, repair: NodeRepair): Promise<void> {
  const sealed = statusOf(repair, hands.view())
  await hands.records.save(repair, sealed, hands.term.signal)
}
