import { formatDuration } from '../../../lib/pure/duration.ts'
import { APPROVAL_ANNOTATION, approvalOf } from '../../annotations/approval.ts'
import type { NodeRepair } from '../../model/node-repair.ts'
import type { Millis } from '../../model/primitives.ts'
import type { RungName } from '../../model/rungs.ts'
import type { GateResult } from '../../model/view.ts'
import { type Gate, no, ok, yes } from '../../round/gate.ts'
import type { Round } from '../../round/round.ts'
import { toMonotonic } from '../../round/round.ts'

const NAME = 'Approval'
const OK = ok(NAME)
/** There is nothing yet to approve: the repair opens, and waits before its first act. */
const OPENS = Object.freeze({
  ...OK,
  reason: 'OpensForApproval',
  message: 'the repair opens, and waits for an approval before it acts',
})

/** Rungs that the policy gives to a person: they wait until one approves. */
export const approval: Gate = {
  name: NAME,
  begin:
    (round) =>
    ({ next, repair, suspicion, detail }) => {
      // Many programs may annotate Nodes, few people NodeRepairs: no machine is taken away by the first right alone.
      const byWord = suspicion?.request?.rung === 'replace'
      if (next.rung === 'human' || !(next.rung.approval || byWord)) {
        return detail ? yes(NAME, 'this rung needs no approval') : OK
      }
      if (repair === undefined) return OPENS
      return approved(NAME, round, repair, next.rung.rung) ?? yes(NAME, `a person approved ${next.rung.rung}`)
    },
}

/** Undefined: a person approved, and the approval has not expired. */
export function approved(gate: string, { view }: Round, repair: NodeRepair, rung: RungName): GateResult | undefined {
  const found = approvalOf(repair, rung, view.calendar)
  const remedy = `\`heald approve ${repair.name} ${rung} --for 1h\``
  const need = { approved: rung }
  switch (found.state) {
    case 'valid':
      return undefined
    case 'none':
      return no(gate, { reason: 'NeedsApproval', message: `${rung} waits for a person: ${remedy}`, have: null, need })
    case 'expired':
      return no(gate, {
        reason: 'ApprovalExpired',
        message: `the approval of ${rung} expired ${formatDuration(view.calendar - found.until)} ago: ${remedy}`,
        have: ago(view.calendar, found.until),
        need,
      })
    case 'unreadable':
      return no(gate, {
        reason: 'ApprovalUnreadable',
        message: `the annotation ${APPROVAL_ANNOTATION} is unreadable (${found.text}), so it approves nothing: ${remedy}`,
        have: found.text,
        need,
      })
  }
}

/** When the approval that lets this repair act now runs out. */
export function approvalEnds({ view }: Round, repair: NodeRepair, rung: RungName): Millis | undefined {
  const found = approvalOf(repair, rung, view.calendar)
  return found.state === 'valid' ? toMonotonic(view, found.until) : undefined
}

function ago(calendar: Millis, until: Millis): { readonly expiredForMs: Millis } {
  return { expiredForMs: calendar - until }
}
