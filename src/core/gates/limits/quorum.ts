import type { QuorumGroup } from '../../model/primitives.ts'
import type { GateResult } from '../../model/view.ts'
import type { Candidate } from '../../round/candidate.ts'
import { type Gate, no, ok, plural, yes } from '../../round/gate.ts'
import { countQuorum, type Quorum } from '../../round/quorum.ts'
import { onlyParks, startsMachine } from '../../round/round.ts'

const NAME = 'Quorum'
const OK = ok(NAME)

/**
 * A majority of the control plane, and of the etcd nodes, must stay healthy without the node that is repaired. Whoever is
 * in both is asked for both. Starting one that is off adds to it.
 */
export const quorum: Gate = {
  name: NAME,
  begin({ view, policy, census }) {
    const counts: Readonly<Record<QuorumGroup, Quorum>> = {
      'control-plane': countQuorum(view, policy, census, 'control-plane'),
      etcd: countQuorum(view, policy, census, 'etcd'),
    }
    return (subject) => {
      const [first, ...others] = subject.node.quorum
      if (first === undefined) return subject.detail ? yes(NAME, 'neither a control-plane node nor one of etcd') : OK
      const result = judge(subject, first, counts[first])
      return others.reduce((before, group) => (before.pass ? judge(subject, group, counts[group]) : before), result)
    }
  },
}

function judge(subject: Candidate, group: QuorumGroup, { size, needed, healthy }: Quorum): GateResult {
  const { failingSince, repair, detail } = subject
  // A node that is well is counted among the healthy, and its own loss is what is asked about.
  const without = healthy - (failingSince === undefined && repair === undefined ? 1 : 0)
  const have = { healthyWithout: without, size }
  const need = { healthyWithout: needed }
  if (startsMachine(subject)) {
    return detail ? yes(NAME, `starting a ${group} node that is off can only add to the quorum`, have, need) : OK
  }
  const message = `${plural(size, `${group} node`)}, ${without} healthy without this one; ${needed} needed`
  if (without >= needed || onlyParks(subject)) return detail ? yes(NAME, message, have, need) : OK
  return no(NAME, { reason: 'QuorumAtRisk', message, have, need })
}
