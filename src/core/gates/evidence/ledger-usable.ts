import { type Gate, no, ok, yes } from '../../round/gate.ts'

const NAME = 'LedgerUsable'
const OK = ok(NAME)

/** Without a NodeRepair that fences, a second leader could not be stopped: nobody acts. */
export const ledgerUsable: Gate = {
  name: NAME,
  begin({ view }) {
    const { usable, reason } = view.sight.ledger
    const unusable = usable
      ? undefined
      : no(NAME, {
          reason: 'LedgerUnusable',
          message: `the NodeRepair resource cannot fence repairs (${reason}); install the CRD of this version of heald`,
          have: false,
          need: true,
        })
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
