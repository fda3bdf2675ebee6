import type { Pause, View } from '../model/view.ts'
import { isOver } from './pause.ts'
import { SKIP, skipValue } from './skip.ts'

export interface SwitchHold {
  readonly reason: 'Stopped' | 'Paused' | 'OptedOut'
  readonly message: string
}

/** The first switch in a person's hand that keeps heald off this node now; the cloud's own switch is not one of them. */
export function switchHold(node: string, pool: string, view: View): SwitchHold | undefined {
  const { switches } = view
  if (switches.stopped) return { reason: 'Stopped', message: 'the stop file is present on the leader' }
  const pauses: readonly (readonly [string, Pause | undefined])[] = [
    ['cluster', switches.paused],
    [`pool ${pool}`, switches.pools.get(pool)],
    [`node ${node}`, switches.nodes.get(node)],
  ]
  for (const [scope, pause] of pauses) {
    if (pause !== undefined && !isOver(pause, view.calendar)) {
      return { reason: 'Paused', message: `${scope} is paused: ${pause.reason}` }
    }
  }
  const facts = view.nodes.get(node)
  const skip = facts === undefined ? undefined : skipValue(facts)
  if (skip !== undefined) {
    return { reason: 'OptedOut', message: `node carries ${SKIP}: ${JSON.stringify(skip)}` }
  }
  return undefined
}
