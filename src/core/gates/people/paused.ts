import { formatDuration } from '../../../lib/pure/duration.ts'
import { isOver } from '../../annotations/pause.ts'
import type { GateResult, Pause } from '../../model/view.ts'
import { type Gate, no, ok, oncePer, yes } from '../../round/gate.ts'
import type { Round } from '../../round/round.ts'
import { toMonotonic } from '../../round/round.ts'

const NAME = 'Paused'
const OK = ok(NAME)

/** A person, or the cloud, has switched healing off: everywhere, for the pool, or for this node. */
export const paused: Gate = {
  name: NAME,
  begin(round) {
    const everywhere = pausedEverywhere(round)
    const { switches } = round.view
    const ofPool = oncePer((pool: string) => held(round, `the pool ${pool}`, switches.pools.get(pool)) ?? OK)
    return ({ node, detail }) => {
      if (everywhere !== undefined) return everywhere
      const pool = switches.pools.size === 0 ? OK : ofPool(node.pool)
      if (!pool.pass) return pool
      const own =
        switches.nodes.size === 0 ? undefined : held(round, `the node ${node.name}`, switches.nodes.get(node.name))
      return (
        own ??
        (detail ? yes(NAME, 'neither the cluster, the pool, the node nor the cloud is paused', false, false) : OK)
      )
    }
  },
}

/** Why nobody is healed now, if a person or the cloud has said so. */
export function pausedEverywhere(round: Pick<Round, 'view'>): GateResult | undefined {
  const { stopped, paused: cluster, cloud } = round.view.switches
  if (stopped) {
    const message = 'the stop file exists on this machine: this replica neither acts nor leads until it is removed'
    return no(NAME, { reason: 'StopFile', message, have: true, need: false })
  }
  const pause = held(round, 'the cluster', cluster)
  if (pause !== undefined) return pause
  if (cloud === undefined || cloud.on) return undefined
  const message = `the cloud has switched healing off: ${cloud.reason}`
  return no(NAME, { reason: 'CloudSwitchOff', message, have: false, need: true })
}

function held({ view }: Pick<Round, 'view'>, what: string, pause: Pause | undefined): GateResult | undefined {
  if (pause === undefined || isOver(pause, view.calendar)) return undefined
  const { until, reason } = pause
  const end = until === undefined ? 'until a person resumes it' : `for another ${formatDuration(until - view.calendar)}`
  return no(NAME, {
    reason: 'Paused',
    message: `${what} is paused ${end}: ${reason}`,
    have: true,
    need: false,
    changesAt: until === undefined ? undefined : toMonotonic(view, until),
  })
}
