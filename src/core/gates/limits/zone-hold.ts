import { inCommon } from '../../round/common-factor.ts'
import { type Gate, no, ok, oncePer, shareText, yes } from '../../round/gate.ts'
import type { Group } from '../../round/group-counts.ts'
import { onlyParks, startsMachine } from '../../round/round.ts'

const NAME = 'ZoneHold'
const OK = ok(NAME)

/** When most of a zone is bad, the zone is broken, not its machines, and a reboot repairs no zone. */
export const zoneHold: Gate = {
  name: NAME,
  begin(round) {
    const { policy, peers, factorOf } = round
    const { minBad, percent } = policy.zone
    const isDown = ({ bad, size }: Group): boolean => bad >= minBad && bad * 100 >= percent * size
    const down = oncePer((zone: Group) => {
      const { name, bad, size } = zone
      const members = peers.filter((subject) => subject.zone === zone)
      const factor = factorOf(members, undefined, 'zone')
      return no(NAME, {
        reason: 'ZoneDown',
        message: `${bad} of ${size} nodes (${shareText(bad, size)}) in zone ${name} are bad; from ${minBad} nodes and ${percent} % on, the zone is blamed, not its machines${inCommon(factor)}`,
        have: { zone: name, bad, size, common: factor ?? null },
        need: { badBelow: minBad, percentBelow: percent },
      })
    })
    return (subject) => {
      const { zone, detail } = subject
      if (zone !== undefined && isDown(zone) && !onlyParks(subject) && !startsMachine(subject)) return down(zone)
      if (!detail) return OK
      if (zone === undefined) return yes(NAME, 'the node is in no zone')
      const { name, bad, size } = zone
      return yes(
        NAME,
        `${bad} of ${size} nodes (${shareText(bad, size)}) in zone ${name} are bad; the zone is blamed from ${minBad} nodes and ${percent} % on`,
        { zone: name, bad, size },
        { badBelow: minBad, percentBelow: percent },
      )
    }
  },
}
