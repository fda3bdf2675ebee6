import { pathIn } from '../client/paths.ts'
import { type Definition, isProbeName, pathOf } from '../crd/definition.ts'

// How an object of a kind is named in heald: by its name, or by `namespace/name` where the kind is namespaced.

/** Where the scratch object of a namespaced kind's probe lives: heald has its other objects there, too. */
export const PROBE_NAMESPACE = 'kube-system'

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

/** The scratch object of a probe, also one that a crash has left. */
export function isProbeKey(key: string): boolean {
  const { name, namespace = PROBE_NAMESPACE } = metadataOf(key)
  return namespace === PROBE_NAMESPACE && isProbeName(name)
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
