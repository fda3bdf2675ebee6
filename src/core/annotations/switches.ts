import type { Pause, View } from '../model/view.ts'

/** The annotation or label by which a person takes a node out of heald's hands. */
export const SKIP = 'heald.dev/skip'

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
    if (pause !== undefined && !isExpired(pause, view.calendar)) {
      return { reason: 'Paused', message: `${scope} is paused: ${pause.reason}` }
    }
  }
  const facts = view.nodes.get(node)
  const skip = facts?.annotations[SKIP] ?? facts?.labels[SKIP]
  if (skip !== undefined && skip !== 'false') {
    return { reason: 'OptedOut', message: `node carries ${SKIP}: ${JSON.stringify(skip)}` }
  }
  return undefined
}

export function isExpired(pause: Pause, calendar: number): boolean {
  return pause.until !== undefined && pause.until <= calendar
}
