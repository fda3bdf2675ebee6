import type { StatusPage } from '../../../src/api/pages.ts'
import { plural } from '../../../src/core/round/gate.ts'
import { ageOf } from '../../../src/lib/pure/rfc3339.ts'

/** The first line of `heald status`: what somebody who was just woken has to know. */
export function headlineOf(page: StatusPage): string {
  const dryRun = page.switches.dryRun ? 'DRY-RUN: ' : ''
  return `${dryRun}${stillness(page) ?? work(page)}`
}

/** What keeps heald from acting on any node. */
function stillness({ leader, switches, sight, now }: StatusPage): string | undefined {
  const { paused, cloud, stopFile } = switches
  if (stopFile) return 'STANDS STILL: there is a stop file on the machine of this replica'
  if (leader.holder === undefined || leader.holder === '') return 'NOBODY LEADS: no node is healed'
  if (!leader.leading) return `OBSERVES: ${leader.holder} leads; this replica says what it sees itself`
  if (paused !== false) return `STANDS STILL: the cluster is paused: ${paused.reason}`
  if (typeof cloud !== 'string' && !cloud.on) return `STANDS STILL: the cloud says no: ${cloud.reason}`
  if (sight.cloud === 'none' && !switches.dryRun) return 'STANDS STILL: no cloud is configured, nothing can be repaired'
  if (sight.ledger !== 'ok') return `STANDS STILL: repairs can't be recorded: ${sight.ledger}`
  if (sight.blindSince === undefined) return undefined
  return `BLIND: ${sight.blindSource ?? 'an unknown source'} has said nothing for ${ageOf(sight.blindSince, now)}`
}

function work({ suspects: all, repairs, nodes }: StatusPage): string {
  // What is no machine of ours waits for nothing.
  const suspects = all.filter(({ heldBy }) => !heldBy.some(({ reason }) => reason === 'NotOurs'))
  const held = suspects.filter(({ verdict, heldBy }) => verdict === 'hold' && heldBy[0]?.gate !== 'AlreadyInRepair')
  if (held.length > 0) {
    const named = held.slice(0, NAMED).map(({ node, heldBy }) => `${node} by ${heldBy[0]?.gate ?? 'nothing known'}`)
    return `HELD: ${listed(named, held.length)}`
  }
  if (repairs.length > 0) {
    const named = repairs.slice(0, NAMED).map(({ node, phase }) => `${node} (${phase})`)
    return `REPAIRING: ${listed(named, repairs.length)}`
  }
  const total = nodes.reduce((sum, { state, count }) => sum + (state === 'not-ours' ? 0 : count), 0)
  if (suspects.length > 0)
    return `WATCHING: ${suspects.length} of ${plural(total, 'node')} ${suspects.length === 1 ? 'fails' : 'fail'} a check, none is due yet`
  return total === 0 ? 'OK: no node is seen' : `OK: ${plural(total, 'node')} healthy, nothing to do`
}

const NAMED = 3

function listed(names: readonly string[], total: number): string {
  const more = total > names.length ? ` and ${total - names.length} more` : ''
  return `${names.join(', ')}${more}`
}
