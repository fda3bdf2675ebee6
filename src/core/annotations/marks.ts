import { parseJsonObject } from '../../lib/pure/json.ts'
import type { NodeFacts } from '../model/node.ts'
import { ownerOf } from '../model/node-repair.ts'

/** On a Node: JSON `{owner, repair, cordon, scaleDownDisabled}`: what of the Node's state is heald's. */
export const MARKS_ANNOTATION = 'heald.dev/marks'

export const SCALE_DOWN_DISABLED = 'cluster-autoscaler.kubernetes.io/scale-down-disabled'

/** What of a Node's state is heald's, and for which repair. */
export interface Marks {
  /** As in NodeRepairSpec. */
  readonly owner?: string
  readonly repair: string
  readonly cordon: boolean
  readonly scaleDownDisabled: boolean
}

/**
 * The value of MARKS_ANNOTATION; undefined when it is none. A member that is missing or of another type makes all of it
 * garbage. Garbage is nobody's: heald takes nothing back by it, and the gate OtherActor leaves the node to a person.
 */
export function parseMarks(text: string | undefined): Marks | undefined {
  if (text === undefined) return undefined
  const { owner, repair, cordon, scaleDownDisabled } = parseJsonObject(text) ?? {}
  if (owner !== undefined && typeof owner !== 'string') return undefined
  if (typeof repair !== 'string' || typeof cordon !== 'boolean' || typeof scaleDownDisabled !== 'boolean') {
    return undefined
  }
  return { ...(owner === undefined ? {} : { owner }), repair, cordon, scaleDownDisabled }
}

/** Undefined when the node bears none, or garbage: `hasUnreadableMarks` tells one from the other. */
export function readMarks({ annotations }: Pick<NodeFacts, 'annotations'>): Marks | undefined {
  return parseMarks(annotations[MARKS_ANNOTATION])
}

/** The Lease of another heald whose marks the node bears; undefined: it bears none, ours, or garbage. */
export function foreignOwner(node: Pick<NodeFacts, 'annotations'>, own: string): string | undefined {
  const marks = readMarks(node)
  if (marks === undefined) return undefined
  const owner = ownerOf(marks)
  return owner === own ? undefined : owner
}

export function hasUnreadableMarks({ annotations }: Pick<NodeFacts, 'annotations'>): boolean {
  const text = annotations[MARKS_ANNOTATION]
  return text !== undefined && parseMarks(text) === undefined
}
