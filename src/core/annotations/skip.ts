import type { NodeFacts } from '../model/node.ts'
import type { Policy } from '../model/policy.ts'

/** The annotation or label by which a person takes a node out of heald's hands. */
export const SKIP = 'heald.dev/skip'

/**
 * What SKIP says on the node; undefined when the node is heald's. Annotation and label are both asked, and neither takes
 * back what the other says. Anything but "false" opts out: who wrote something wanted heald away.
 */
export function skipValue({ annotations, labels }: Pick<NodeFacts, 'annotations' | 'labels'>): string | undefined {
  return optOut(annotations[SKIP]) ?? optOut(labels[SKIP])
}

function optOut(value: string | undefined): string | undefined {
  return value === 'false' ? undefined : value
}

/** Not healed by heald, by its own mark or because healing of its role is switched off. */
export function isOptedOut(node: NodeFacts, policy: Policy): boolean {
  return !policy.roles[node.role].enabled || skipValue(node) !== undefined
}
