import type { NodeRepair } from '../../core/model/node-repair.ts'
import type { Member } from '../../core/repair/batch.ts'
import { asError } from '../../lib/errors.ts'
import type { TermContext } from './term-context.ts'

/** Runs what concerns several repairs; the others do nothing of their own meanwhile. To be called before anything is awaited. */
export function together(
  { slots }: TermContext,
  driver: NodeRepair,
  repairs: readonly NodeRepair[],
  job: () => Promise<void>,
): Promise<void> {
  const others = repairs.filter(({ name }) => name !== driver.name).map((repair) => slots.of(repair))
  const run = job()
  const free = (): void => {
    for (const slot of others) slot.busy = undefined
  }
  const busy = run.then(free, free)
  for (const slot of others) slot.busy = busy
  return busy.then(() => run)
}

/** What one member cannot store must not keep the others from storing theirs. */
export async function forEach(members: readonly Member[], job: (member: Member) => Promise<void>): Promise<void> {
  const results = await Promise.allSettled(members.map(job))
  for (const result of results) if (result.status === 'rejected') throw asError(result.reason)
}
