import type { Millis } from '../../core/model/primitives.ts'
import type { Fleet } from '../fleet/fleet.ts'

/** A machine that only a rung could mend, from its first such trouble to the moment when it serves again. */
export interface Broken {
  readonly node: string
  readonly since: Millis
  readonly until: Millis | undefined
}

export interface Losses {
  /** Minutes in which nobody could use a node, all nodes together. */
  nodeMinutes(): number
  broken(): readonly Broken[]
}

/** Keeps count while the fleet changes. Begin when all machines stand. */
export function countLosses(fleet: Fleet): Losses {
  const lostSince = new Map<string, Millis>()
  const brokenSince = new Map<string, Millis>()
  const cured: Broken[] = []
  let lostMs = 0

  fleet.onChange((name) => {
    const machine = fleet.find(name)
    if (machine === undefined) return
    const now = fleet.clock.now()
    const serves = fleet.serves(machine)
    const since = lostSince.get(name)
    if (!serves && since === undefined) lostSince.set(name, now)
    if (serves && since !== undefined) {
      lostMs += now - since
      lostSince.delete(name)
    }
    const isBroken = [...fleet.troublesOf(machine)].some(({ cure }) => cure !== 'none')
    const brokenAt = brokenSince.get(name)
    if (isBroken && brokenAt === undefined) brokenSince.set(name, now)
    if (!isBroken && brokenAt !== undefined && fleet.isUp(machine)) {
      cured.push({ node: name, since: brokenAt, until: now })
      brokenSince.delete(name)
    }
  })

  return {
    nodeMinutes() {
      const now = fleet.clock.now()
      const open = [...lostSince.values()].reduce((sum, since) => sum + now - since, 0)
      return Math.round((lostMs + open) / 6_000) / 10
    },
    broken: () => [...cured, ...[...brokenSince].map(([node, since]) => ({ node, since, until: undefined }))],
  }
}
