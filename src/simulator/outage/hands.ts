import type { RungName } from '../../core/model/rungs.ts'
import type { Fleet } from '../fleet/fleet.ts'

/** How healers other than heald act: the cloud obeys at once, and in the time that its tasks take. */
export interface Hands {
  /** Nothing while an earlier order of this node is under way. */
  act(name: string, rung: RungName): void
}

/** `acted` is told before the act. */
export function createHands(fleet: Fleet, acted: (name: string, rung: RungName) => void): Hands {
  return {
    act(name, rung) {
      const machine = fleet.find(name)
      if (machine === undefined || machine.task !== undefined) return
      acted(name, rung)
      if (rung !== 'replace') {
        fleet.assign(machine, rung, () => fleet.boot(machine, rung))
        return
      }
      fleet.assign(machine, 'stopping', () => {
        const fresh = fleet.create(machine.spec)
        fleet.remove(machine)
        fleet.assign(fresh, 'building', () => fleet.boot(fresh, 'replace'))
      })
    },
  }
}

/** Knows what is wrong and what ends it, and does that in the moment in which it begins: nobody can lose less. */
export function runOracle(fleet: Fleet, hands: Hands): void {
  fleet.onChange((name) => {
    const machine = fleet.find(name)
    if (machine === undefined || machine.task !== undefined) return
    for (const { cure } of fleet.troublesOf(machine)) {
      if (cure !== 'none') return hands.act(name, cure)
    }
  })
}
