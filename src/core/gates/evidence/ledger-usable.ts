import { type GateResult, LEDGER_NOT_TRIED, type View } from '../../model/view.ts'
import { type Gate, no, ok, yes } from '../../round/gate.ts'

const NAME = 'LedgerUsable'
const OK = ok(NAME)

/** Without a NodeRepair that fences, a second leader could not be stopped: nobody acts. */
export const ledgerUsable: Gate = {
  name: NAME,
  begin({ view }) {
    const unusable = unusableLedger(view)
    return ({ node, detail }) => {
      if (unusable !== undefined) return unusable
      const why = view.unreadable.get(node.name)
      if (why !== undefined) {
        const message = `a NodeRepair of this node cannot be read or sealed (${why}); repair or delete that object`
        return no(NAME, { reason: 'LedgerUnreadable', message, have: why, need: null })
      }
      return detail ? yes(NAME, 'NodeRepair objects fence, and all of this node can be read', true, true) : OK
    }
  },
}

export function unusableLedger({ sight }: Pick<View, 'sight'>): GateResult | undefined {
  const { usable, reason } = sight.ledger
  if (usable) return undefined
  if (reason === LEDGER_NOT_TRIED.reason) {
    const message = 'whether repairs can be recorded is tried by the leader, when its term begins'
    return no(NAME, { reason: 'LedgerNotTried', message, have: false, need: true })
  }
  const message = `the NodeRepair resource cannot fence repairs (${reason}); install the CRD of this version of heald`
  return no(NAME, { reason: 'LedgerUnusable', message, have: false, need: true })
}
