import { type Gate, no, ok, yes } from '../../round/gate.ts'
import { rungName } from '../../round/round.ts'

const NAME = 'OwnNode'
const OK = ok(NAME)

/** Nobody can see to the end of an act on the machine that they run on. */
export const ownNode: Gate = {
  name: NAME,
  begin:
    ({ view }) =>
    (subject) => {
      const { node, detail } = subject
      if (node.name !== view.ownNode || rungName(subject) === 'human') {
        return detail ? yes(NAME, 'the leader runs elsewhere', view.ownNode ?? null) : OK
      }
      const message = view.takerPresent
        ? 'the leader itself runs on this node: it hands over first, and another replica repairs the node'
        : 'the leader itself runs on this node, and no other replica is there to take over'
      const have = { takerPresent: view.takerPresent }
      return no(NAME, { reason: 'OwnNode', message, have, need: { leaderElsewhere: true } })
    },
}
