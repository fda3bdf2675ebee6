import { NODE_HEALING } from './node-healing.ts'
import type { Right, Section, SectionContext, SectionParts } from './section.ts'

export const SECTIONS: readonly Section[] = [NODE_HEALING]

/** What every replica needs, whatever its sections: to lead, and to tell. */
const OWN_RIGHTS: readonly Right[] = [
  { verbs: 'create', group: 'coordination.k8s.io', resource: 'leases', namespace: 'kube-system' },
  { verbs: 'get update', group: 'coordination.k8s.io', resource: 'leases', namespace: 'kube-system', name: 'heald' },
  { verbs: 'create patch', group: 'events.k8s.io', resource: 'events', namespace: 'default' },
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
    watched: parts.flatMap(({ watched = [] }) => watched),
  }
}
