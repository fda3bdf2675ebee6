import { NODE_REPAIR } from '../kube/crd/node-repair.ts'
import type { Right, Section, SectionContext, SectionParts } from './section.ts'

/** Healing nodes. The replica itself builds it, as everything else leans on what it sees. */
const NODES: Section = {
  name: 'nodes',
  kinds: [NODE_REPAIR],
  rights: [
    { verbs: 'get list watch create patch delete', group: 'heald.dev', resource: 'noderepairs' },
    { verbs: 'update', group: 'heald.dev', resource: 'noderepairs/status' },
    { verbs: 'get list watch patch delete', group: '', resource: 'nodes' },
    { verbs: 'list', group: '', resource: 'pods' },
    { verbs: 'create', group: '', resource: 'pods/eviction' },
    { verbs: 'list', group: '', resource: 'persistentvolumes' },
    { verbs: 'get list', group: 'coordination.k8s.io', resource: 'leases', namespace: 'kube-node-lease' },
  ],
}

export const SECTIONS: readonly Section[] = [NODES]

/** What every replica needs, whatever its sections: to lead, and to tell. */
const OWN_RIGHTS: readonly Right[] = [
  { verbs: 'create', group: 'coordination.k8s.io', resource: 'leases', namespace: 'kube-system' },
  { verbs: 'get update', group: 'coordination.k8s.io', resource: 'leases', namespace: 'kube-system', name: 'heald' },
  { verbs: 'create patch', group: 'events.k8s.io', resource: 'events', namespace: 'default' },
]

export const RIGHTS: readonly Right[] = [...SECTIONS.flatMap(({ rights }) => rights), ...OWN_RIGHTS]

/** What all sections together add to a replica. */
export function createParts(context: SectionContext): Required<SectionParts> {
  const parts = SECTIONS.flatMap(({ create }) => create?.(context) ?? [])
  return {
    routes: parts.flatMap(({ routes = [] }) => routes),
    sinks: parts.flatMap(({ sinks = [] }) => sinks),
    loops: parts.flatMap(({ loops = [] }) => loops),
    duties: parts.flatMap(({ duties = [] }) => duties),
  }
}
