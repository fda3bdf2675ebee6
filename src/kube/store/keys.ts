import { pathIn } from '../client/paths.ts'
import { type Definition, PROBE_NAME, pathOf } from '../crd/definition.ts'

// How an object of a kind is named in heald: by its name, or by `namespace/name` where the kind is namespaced.

/** Where the scratch object of a namespaced kind's probe lives: heald has its other objects there, too. */
const PROBE_NAMESPACE = 'kube-system'

/** Undefined: the kind is namespaced, and the object has no namespace. */
export function keyOf(
  { scope }: Definition,
  { name, namespace }: { readonly name: string; readonly namespace?: string },
): string | undefined {
  if (scope === 'Cluster') return name
  return namespace === undefined ? undefined : `${namespace}/${name}`
}

/** What an object is about. */
export function aboutOf({ about }: Definition, { spec }: { readonly spec: unknown }): string {
  return String((spec as Readonly<Record<string, unknown>>)[about])
}

export function probeKeyOf(definition: Definition): string {
  return definition.scope === 'Cluster' ? PROBE_NAME : `${PROBE_NAMESPACE}/${PROBE_NAME}`
}

/** The name, and the namespace where it has one, as metadata has them. */
export function metadataOf(key: string): { readonly name: string; readonly namespace?: string } {
  const [first = '', second] = key.split('/')
  return second === undefined ? { name: first } : { namespace: first, name: second }
}

/** Where an object with this key is created. */
export function collectionPath(definition: Definition, key: string): string {
  const { namespace } = metadataOf(key)
  const { group, version, plural } = definition
  if (namespace === undefined) return pathOf(definition)
  return `/apis/${group}/${version}/namespaces/${encodeURIComponent(namespace)}/${plural}`
}

export function objectPath(definition: Definition, key: string): string {
  return pathIn(collectionPath(definition, key), metadataOf(key).name)
}
