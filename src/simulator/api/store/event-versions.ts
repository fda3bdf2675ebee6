import { recordOf } from '../../../lib/pure/json.ts'
import { type Fields, without } from './objects.ts'
import type { Resource } from './resources.ts'

/** `events.k8s.io/v1` names on the left, core `v1` names on the right: one stored thing, two spellings. */
const NAMES: Readonly<Record<string, string>> = {
  regarding: 'involvedObject',
  note: 'message',
  reportingController: 'reportingComponent',
  deprecatedSource: 'source',
  deprecatedFirstTimestamp: 'firstTimestamp',
  deprecatedLastTimestamp: 'lastTimestamp',
  deprecatedCount: 'count',
}

/** From the spelling of `resource` to the one that is stored. */
export function absorb(resource: Resource, object: Fields): Fields {
  return resource.group === 'events.k8s.io' ? rename(object, Object.entries(NAMES)) : object
}

/** From the stored spelling to that of `resource`. */
export function present(resource: Resource, object: Fields): Fields {
  if (resource.group !== 'events.k8s.io') return object
  const there = rename(
    object,
    Object.entries(NAMES).map(([name, core]) => [core, name] as const),
  )
  return { ...there, apiVersion: 'events.k8s.io/v1' }
}

function rename(object: Fields, pairs: readonly (readonly [string, string])[]): Fields {
  const moved = pairs.filter(([from]) => object[from] !== undefined)
  return {
    ...without(object, ...moved.map(([from]) => from)),
    ...Object.fromEntries(moved.map(([from, to]) => [to, recordOf(object)[from]])),
  }
}
