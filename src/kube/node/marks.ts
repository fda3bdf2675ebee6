import { MARKS_ANNOTATION, type Marks, readMarks, SCALE_DOWN_DISABLED } from '../../core/annotations/marks.ts'
import { REQUEST_ANNOTATION } from '../../core/annotations/request.ts'
import type { NodeFacts } from '../../core/model/node.ts'

/** A merge patch of a Node; `null` takes a member away. */
export interface NodePatch {
  readonly annotations: Readonly<Record<string, string | null>>
  readonly unschedulable?: true | null
}

/**
 * What to write so that the node bears this mark; undefined when it is so already. Ours stays ours under another
 * repair's name. A cordon that our mark claims and that is gone was lifted by a person: it is not set again.
 */
export function markPatch(
  facts: NodeFacts,
  mark: Pick<Marks, 'owner' | 'repair'>,
  cordon: boolean,
): NodePatch | undefined {
  const before = readMarks(facts)
  const setsCordon = cordon && !facts.unschedulable && before?.cordon !== true
  const value = facts.annotations[SCALE_DOWN_DISABLED]
  const marks: Marks = {
    ...mark,
    cordon: setsCordon || (before?.cordon === true && facts.unschedulable),
    scaleDownDisabled: value === undefined || (before?.scaleDownDisabled === true && value === 'true'),
  }
  const text = JSON.stringify(marks)
  if (text === facts.annotations[MARKS_ANNOTATION] && !setsCordon && value !== undefined) return undefined
  return {
    annotations: { [MARKS_ANNOTATION]: text, ...(value === undefined ? { [SCALE_DOWN_DISABLED]: 'true' } : {}) },
    ...(setsCordon ? { unschedulable: true } : {}),
  }
}

/** What to write so that nothing of ours is left; undefined when nothing is. What somebody changed since is theirs. */
export function unmarkPatch(facts: NodeFacts, keepCordon: boolean): NodePatch | undefined {
  if (facts.annotations[MARKS_ANNOTATION] === undefined) return undefined
  const marks = readMarks(facts)
  const lifts = marks?.scaleDownDisabled === true && facts.annotations[SCALE_DOWN_DISABLED] === 'true'
  return {
    annotations: { [MARKS_ANNOTATION]: null, ...(lifts ? { [SCALE_DOWN_DISABLED]: null } : {}) },
    ...(marks?.cordon === true && facts.unschedulable && !keepCordon ? { unschedulable: null } : {}),
  }
}

/** What to write when a person's request is over. */
export const REQUEST_OVER: NodePatch = { annotations: { [REQUEST_ANNOTATION]: null } }
