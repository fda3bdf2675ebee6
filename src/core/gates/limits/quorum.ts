import { type Gate, no, ok, plural, yes } from '../../round/gate.ts'
import { countQuorum } from '../../round/quorum.ts'
import { onlyParks, startsMachine } from '../../round/round.ts'

const NAME = 'Quorum'
const OK = ok(NAME)

/** A majority of the control plane must stay healthy without the node that is repaired. Starting one that is off adds to it. */
export const quorum: Gate = {
  name: NAME,
  begin({ view, policy, census }) {
    const { size, needed, healthy } = countQuorum(view, policy, census)
    return (subject) => {
      const { node, failingSince, repair, detail } = subject
      if (node.role !== 'master') return detail ? yes(NAME, 'not a control-plane node') : OK
      // A node that is well is counted among the healthy, and its own loss is what is asked about.
      const without = healthy - (failingSince === undefined && repair === undefined ? 1 : 0)
      const have = { healthyWithout: without, size }
      const need = { healthyWithout: needed }
      if (startsMachine(subject)) {
        return detail
          ? yes(NAME, 'starting a control-plane node that is off can only add to the quorum', have, need)
          : OK
      }
      const message = `${plural(size, 'control-plane node')}, ${without} healthy without this one; ${needed} needed`
      if (without >= needed || onlyParks(subject)) return detail ? yes(NAME, message, have, need) : OK
      return no(NAME, { reason: 'QuorumAtRisk', message, have, need })
    }
  },
}
