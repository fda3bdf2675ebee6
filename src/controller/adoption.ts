import { type Epoched, epochOf, type FencedObject } from '../core/model/fenced.ts'
import type { Millis } from '../core/model/primitives.ts'
import type { FencedStore } from '../core/ports/ledger.ts'
import type { Tell } from '../core/ports/log.ts'
import type { Term } from '../core/ports/term.ts'
import { asError } from '../lib/errors.ts'
import { createComplaints } from './complaints.ts'
import type { Records } from './fenced-records.ts'

const SEAL_AGAIN_MS = 5_000

/** Whether this leader has taken over the open objects of a kind: until then it only looks. */
export interface Adoption {
  /** Takes over what is not taken over yet, when it is time to try. `outranked`: this term's epoch is no good. */
  tend(now: Millis): Promise<'outranked' | undefined>
  readonly done: boolean
  /** What an object is about -> why, of those that could not be sealed. */
  unsealed(): ReadonlyMap<string, string>
}

export interface AdoptionOptions<Spec extends Epoched, Status extends Epoched> {
  readonly term: Pick<Term, 'epoch' | 'signal'>
  readonly tell: Tell
  readonly now: Millis
  readonly store: Pick<FencedStore<Spec, Status>, 'probe'>
  readonly records: Records<Spec, Status>
  /** What one of them is called, e.g. `repair`. */
  readonly noun: string
  /** Only leaders create them. Where anybody does, an epoch in a spec says whom its creator knew, not who has led. */
  readonly leaderCreates: boolean
  readonly isOpen: (object: FencedObject<Spec, Status>) => boolean
  /** As it is stored, or the one that an object begins with. */
  readonly statusOf: (object: FencedObject<Spec, Status>) => Status
  /** What is left alone when the object could not be sealed. */
  readonly aboutOf: (object: FencedObject<Spec, Status>) => string
  /** Nothing may be written now, not even to try the store. */
  readonly onlyLooks: () => boolean
  /** Whether the stored rules fence. */
  readonly onHealth: (health: { readonly usable: boolean; readonly reason: string }) => void
}

/**
 * A new leader's first act: every open object gets its epoch, so that no write of an older leader can pass any more.
 * What can't be sealed is left alone, and sealing is tried again. `outranked`: somebody has written with our epoch or a
 * later one, so ours is no epoch of its own. That happens when the Lease was lost while nobody watched; the next term's
 * epoch is above all that have just been listed.
 */
export function createAdoption<Spec extends Epoched, Status extends Epoched>(
  options: AdoptionOptions<Spec, Status>,
): Adoption {
  const { records, term, tell, onHealth } = options
  const complain = createComplaints(tell)
  let unsealed: ReadonlyMap<string, string> | undefined
  let sealAt = options.now

  /** Tries on the living API server whether the stored rules fence; while they do not, nothing may be advanced. */
  const isUsable = async (): Promise<boolean> => {
    const health = await options.store.probe(term.signal)
    onHealth(health)
    complain(health.usable ? undefined : { level: 'error', reason: 'LedgerUnusable', message: health.reason })
    return health.usable
  }

  return {
    async tend(now) {
      // Something may have been in the way for some of them: tried again until it is done.
      const isIncomplete = unsealed === undefined || unsealed.size > 0 || records.unreadable().size > 0
      if (now < sealAt || !isIncomplete) return undefined
      sealAt = now + SEAL_AGAIN_MS
      if (unsealed === undefined && options.onlyLooks()) {
        onHealth({ usable: true, reason: 'NotTriedInDryRun' })
        return undefined
      }
      if (unsealed === undefined && !(await isUsable())) return undefined
      const sealed = await sealAll(options, unsealed === undefined)
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

const NOTHING: ReadonlyMap<string, string> = new Map()

async function sealAll<Spec extends Epoched, Status extends Epoched>(
  options: AdoptionOptions<Spec, Status>,
  first: boolean,
): Promise<ReadonlyMap<string, string> | 'outranked'> {
  const { records, term, tell, noun, leaderCreates, isOpen, statusOf, aboutOf } = options
  const unsealed = new Map<string, string>()
  const objects = await records.refresh(term.signal)
  const known = Math.max(-1, ...objects.map(epochOf))
  const led = Math.max(
    -1,
    ...objects.map(({ spec, status }) => (status ?? (leaderCreates ? spec : { epoch: -1 })).epoch),
  )
  if (known > term.epoch || (first && led === term.epoch)) {
    const message = `epoch ${term.epoch} is not above ${known}, which stands in a ${noun}: leading anew`
    tell({ level: 'warn', reason: 'EpochOutranked', message, fields: { epoch: term.epoch, highest: known } })
    return 'outranked'
  }
  for (const object of objects) {
    if (!isOpen(object) || object.status?.epoch === term.epoch) continue
    try {
      await records.save(object, statusOf(object), term.signal)
    } catch (thrown) {
      term.signal.throwIfAborted()
      unsealed.set(aboutOf(object), `${object.name} could not be sealed: ${asError(thrown).message}`)
    }
  }
  return unsealed
}
