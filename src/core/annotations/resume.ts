import type { NodeRepair } from '../model/node-repair.ts'

/** On a NodeRepair: `heald resume NODE` ends a parked repair by setting it to "true". */
export const RESUME_ANNOTATION = 'heald.dev/resume'

/** Did a person give the node of a parked repair back? Only "true" does; garbage leaves the repair with the person. */
export function isResumed({ annotations }: Pick<NodeRepair, 'annotations'>): boolean {
  return annotations[RESUME_ANNOTATION] === 'true'
}
