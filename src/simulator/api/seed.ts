import { crdOf } from '../../kube/crd/crd.ts'
import { NODE_REPAIR } from '../../kube/crd/node-repair.ts'
import { calendar, type Stored } from './store/objects.ts'
import { apiVersionOf, DEFINITIONS, NAMESPACES, type Resource } from './store/resources.ts'
import type { World } from './write.ts'

/** What a fresh cluster holds: Kubernetes' own namespaces, and the NodeRepair CRD. */
export function seed(world: World): void {
  for (const name of ['default', 'kube-system', 'kube-public', 'kube-node-lease']) {
    put(world, NAMESPACES, name, { spec: { finalizers: ['kubernetes'] }, status: { phase: 'Active' } })
  }
  const { metadata, spec } = crdOf(NODE_REPAIR)
  const established = { type: 'Established', status: 'True', reason: 'InitialNamesAccepted' }
  put(world, DEFINITIONS, metadata.name, { spec, status: { conditions: [established] } })
}

function put({ store, clock, newId }: World, resource: Resource, name: string, fields: object): void {
  if (store.get(resource.shelf, name) !== undefined) return
  const metadata = { name, uid: newId(), resourceVersion: '', creationTimestamp: calendar(clock.wall()) }
  const object: Stored = { apiVersion: apiVersionOf(resource), kind: resource.kind, metadata, ...fields }
  store.put(resource.shelf, name, object)
}
