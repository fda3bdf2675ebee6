import type { Notice, Tell } from '../core/ports/log.ts'
import { createOnce } from '../lib/once.ts'

export type Complain = (notice: Notice | undefined) => void

/** Tells of a trouble that lasts once, not each round. Undefined: it is over. */
export function createComplaints(tell: Tell): Complain {
  const isNew = createOnce()
  return (notice) => {
    if (isNew(notice?.message) && notice !== undefined) tell(notice)
  }
}
