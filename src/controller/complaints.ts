import type { Notice, Tell } from '../core/ports/log.ts'

export type Complain = (notice: Notice | undefined) => void

/** Tells of a trouble that lasts once, not each round. Undefined: it is over. */
export function createComplaints(tell: Tell): Complain {
  let last: string | undefined
  return (notice) => {
    if (notice !== undefined && notice.message !== last) tell(notice)
    last = notice?.message
  }
}
