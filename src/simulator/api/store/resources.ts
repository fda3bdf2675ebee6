import { listOf, recordOf, textOrEmpty } from '../../../lib/pure/json.ts'
import type { Stored } from './objects.ts'

/** One kind of object that the embedded API serves, with the switches in which Kubernetes' kinds differ. */
export interface Resource {
  readonly group: string
  readonly version: string
  readonly plural: string
  readonly kind: string
  readonly namespaced: boolean
  /** `custom`: /status changes nothing but the status. `builtin`: metadata goes along. `none`: no such path. */
  readonly status: 'none' | 'builtin' | 'custom'
  /** Counts changes of everything but metadata and status in metadata.generation. */
  readonly generation: boolean
  /** A PUT without resourceVersion overwrites. */
  readonly unconditionalUpdate: boolean
  /** Fields of 32 bits, by their paths. */
  readonly int32: readonly string[]
  /** A PUT to a name that is free creates. */
  readonly createOnUpdate: boolean
  /** Where it is kept; two versions of one thing share a shelf. */
  readonly shelf: string
}

const BASE = {
  group: '',
  version: 'v1',
  namespaced: true,
  status: 'none',
  generation: false,
  unconditionalUpdate: true,
  createOnUpdate: false,
  int32: [],
} as const

export const NODES: Resource = {
  ...BASE,
  plural: 'nodes',
  kind: 'Node',
  namespaced: false,
  status: 'builtin',
  shelf: 'nodes',
}
export const PODS: Resource = { ...BASE, plural: 'pods', kind: 'Pod', status: 'builtin', shelf: 'pods' }
export const NAMESPACES: Resource = {
  ...BASE,
  plural: 'namespaces',
  kind: 'Namespace',
  namespaced: false,
  shelf: 'namespaces',
}
export const EVENTS: Resource = {
  ...BASE,
  plural: 'events',
  kind: 'Event',
  createOnUpdate: true,
  int32: ['count', 'deprecatedCount', 'series.count'],
  shelf: 'events',
}
export const BUDGETS: Resource = {
  ...BASE,
  group: 'policy',
  plural: 'poddisruptionbudgets',
  kind: 'PodDisruptionBudget',
  status: 'builtin',
  generation: true,
  unconditionalUpdate: false,
  shelf: 'poddisruptionbudgets',
}
export const DEFINITIONS: Resource = {
  ...BASE,
  group: 'apiextensions.k8s.io',
  plural: 'customresourcedefinitions',
  kind: 'CustomResourceDefinition',
  namespaced: false,
  status: 'builtin',
  generation: true,
  unconditionalUpdate: false,
  shelf: 'customresourcedefinitions',
}

export const RESOURCES: readonly Resource[] = [
  NODES,
  PODS,
  NAMESPACES,
  EVENTS,
  { ...EVENTS, group: 'events.k8s.io' },
  BUDGETS,
  DEFINITIONS,
  { ...BASE, plural: 'configmaps', kind: 'ConfigMap', shelf: 'configmaps' },
  { ...BASE, plural: 'endpoints', kind: 'Endpoints', shelf: 'endpoints' },
  {
    ...BASE,
    plural: 'persistentvolumes',
    kind: 'PersistentVolume',
    namespaced: false,
    status: 'builtin',
    shelf: 'persistentvolumes',
  },
  {
    ...BASE,
    group: 'coordination.k8s.io',
    plural: 'leases',
    kind: 'Lease',
    unconditionalUpdate: false,
    createOnUpdate: true,
    int32: ['spec.leaseTransitions', 'spec.leaseDurationSeconds'],
    shelf: 'leases',
  },
]

export function apiVersionOf(resource: Resource): string {
  return resource.group === '' ? resource.version : `${resource.group}/${resource.version}`
}

const MADE = new WeakMap<Stored, Resource>()

/** What a CustomResourceDefinition makes the API serve. */
export function resourceOf(definition: Stored): Resource {
  const known = MADE.get(definition)
  if (known !== undefined) return known
  const { group, scope, names, versions } = recordOf(definition.spec)
  const { plural, kind } = recordOf(names)
  const made: Resource = {
    ...BASE,
    group: textOrEmpty(group),
    version: textOrEmpty(recordOf(listOf(versions)[0]).name),
    plural: textOrEmpty(plural),
    kind: textOrEmpty(kind),
    namespaced: scope === 'Namespaced',
    status: 'custom',
    generation: true,
    unconditionalUpdate: false,
    shelf: textOrEmpty(plural),
  }
  MADE.set(definition, made)
  return made
}
