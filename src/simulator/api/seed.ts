import { REPAIRS_DEFINITION } from './dispatch.ts'
import { calendar, type Stored } from './store/objects.ts'
import { REPAIR_SCHEMA } from './store/repair-rules.ts'
import { apiVersionOf, DEFINITIONS, NAMESPACES, REPAIRS, type Resource } from './store/resources.ts'
import type { World } from './write.ts'

/** What a fresh cluster holds: Kubernetes' own namespaces, and the NodeRepair CRD. */
export function seed(world: World): void {
  const { plural, kind, group, version } = REPAIRS
  for (const name of ['default', 'kube-system', 'kube-public', 'kube-node-lease']) {
    put(world, NAMESPACES, name, { spec: { finalizers: ['kubernetes'] }, status: { phase: 'Active' } })
  }
  put(world, DEFINITIONS, REPAIRS_DEFINITION, {
    spec: {
      group,
      scope: 'Cluster',
      names: { plural, kind, singular: 'noderepair', listKind: 'NodeRepairList', shortNames: ['nr'] },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          subresources: { status: {} },
          schema: { openAPIV3Schema: REPAIR_SCHEMA },
        },
      ],
    },
    status: { conditions: [{ type: 'Established', status: 'True', reason: 'InitialNamesAccepted' }] },
  })
}

function put({ store, clock }: World, resource: Resource, name: string, fields: object): void {
  if (store.get(resource.shelf, name) !== undefined) return
  const metadata = { name, uid: crypto.randomUUID(), resourceVersion: '', creationTimestamp: calendar(clock.wall()) }
  const object: Stored = { apiVersion: apiVersionOf(resource), kind: resource.kind, metadata, ...fields }
  store.put(resource.shelf, name, object)
}
