/** A Kubernetes object that something is about. */
export interface ObjectRef {
  /** As in its manifest, e.g. `Node`. */
  readonly kind: string
  readonly name: string
}

/** The Node and the NodeRepair of these names, as far as they are given. */
export function refsOf(node: string | undefined, repair?: string): readonly ObjectRef[] {
  const refs: ObjectRef[] = []
  if (node !== undefined) refs.push({ kind: 'Node', name: node })
  if (repair !== undefined) refs.push({ kind: 'NodeRepair', name: repair })
  return refs
}
