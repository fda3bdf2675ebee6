import { NODE_HEALING } from './node-healing.ts'
import { RECORDING } from './recording.ts'
import type { Right, Section, SectionContext, SectionParts } from './section.ts'

export const SECTIONS: readonly Section[] = [NODE_HEALING, RECORDING]

const LEASES = { group: 'coordination.k8s.io', resource: 'leases', namespace: 'kube-system' }
const CONFIG_MAPS = { group: '', resource: 'configmaps', namespace: 'kube-system' }
const EVENTS = { group: 'events.k8s.io', resource: 'events', namespace: 'default' }

/** What every replica needs, whatever its sections: to lead, to be configured, and to tell. */
const OWN_RIGHTS: readonly Right[] = [
  { why: 'Its Lease. Create cannot be limited to a name.', verbs: 'create', ...LEASES },
  { verbs: 'get update', ...LEASES, name: 'heald' },
  {
    why: "Who holds another heald's Lease, to name him: there should be one.",
    verbs: 'get',
    ...LEASES,
    optional: true,
  },
  {
    why: 'The lock of the old healer (leaderElection.additionalLocks).',
    verbs: 'get update',
    ...LEASES,
    name: 'magnum-auto-healer',
    optional: true,
  },
  {
    why: 'The lock of the old healer up to v1.27: read, and waited for.',
    verbs: 'get',
    ...CONFIG_MAPS,
    name: 'magnum-auto-healer',
    optional: true,
  },
  { verbs: 'get', ...CONFIG_MAPS, resource: 'endpoints', name: 'magnum-auto-healer', optional: true },
  {
    why: 'Its configuration and its switches.',
    verbs: 'get list watch patch',
    ...CONFIG_MAPS,
    name: 'heald-config',
    optional: true,
  },
  {
    why: 'The API server takes events about Nodes and NodeRepairs in this namespace only.',
    verbs: 'create patch',
    ...EVENTS,
  },
]

export const RIGHTS: readonly Right[] = [...SECTIONS.flatMap(({ rights }) => rights), ...OWN_RIGHTS]

/** What all of these sections together add to a replica. */
export function createParts(sections: readonly Section[], context: SectionContext): Required<SectionParts> {
  const parts = sections.flatMap(({ create }) => create?.(context) ?? [])
  return {
    routes: parts.flatMap(({ routes = [] }) => routes),
    sinks: parts.flatMap(({ sinks = [] }) => sinks),
    loops: parts.flatMap(({ loops = [] }) => loops),
    duties: parts.flatMap(({ duties = [] }) => duties),
    hearers: parts.flatMap(({ hearers = [] }) => hearers),
    watched: parts.flatMap(({ watched = [] }) => watched),
  }
}
