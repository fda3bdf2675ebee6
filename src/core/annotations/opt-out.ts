import type { NodeFacts } from '../model/node.ts'
import type { Policy } from '../model/policy.ts'
import { SKIP } from './switches.ts'

/** What `heald.dev/skip` on the node says, as annotation or label; undefined when the node is heald's. */
export function skipValue(node: NodeFacts): string | undefined {
  const annotation = node.annotations[SKIP]
  if (annotation !== undefined && annotation !== 'false') return annotation
  const label = node.labels[SKIP]
  return label !== undefined && label !== 'false' ? label : undefined
}

/** Not healed by heald, by its own mark or because healing of its role is switched off. */
export function isOptedOut(node: NodeFacts, policy: Policy): boolean {
  return !policy.roles[node.role].enabled || skipValue(node) !== undefined
}
