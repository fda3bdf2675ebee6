import { listOf, recordOf } from '../../lib/pure/json.ts'
import { invalid } from './store/errors.ts'
import { type Stored, without } from './store/objects.ts'
import { DEFINITIONS, type Resource } from './store/resources.ts'
import { ruleFaults } from './store/rules.ts'
import { prune, schemaFaults } from './store/schema.ts'
import type { Store } from './store/store.ts'

/** The object as it may be stored, fields that its CRD does not name removed; throws 422 when the rules of its kind forbid it. */
export function admit(store: Store, resource: Resource, before: Stored | undefined, after: Stored): Stored {
  if (resource.status !== 'custom') return after
  const schema = schemaOf(store, resource)
  const { apiVersion, kind, metadata } = after
  const pruned: Stored = { ...recordOf(prune(without(after, 'metadata'), schema)), apiVersion, kind, metadata }
  const shape = schemaFaults(pruned, schema, '')
  // Rules are tried on sound shapes only, as the API server does.
  const faults = shape.length > 0 ? shape : ruleFaults(before, pruned, schema)
  if (faults.length > 0) throw invalid(resource, metadata.name, faults)
  return pruned
}

function schemaOf(store: Store, resource: Resource): unknown {
  const definition = store.get(DEFINITIONS.shelf, `${resource.plural}.${resource.group}`)
  const versions = listOf(recordOf(definition?.spec).versions).map(recordOf)
  return recordOf(versions.find((version) => version.name === resource.version)?.schema).openAPIV3Schema
}
