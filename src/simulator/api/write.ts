import type { Clock } from '../../core/ports/clock.ts'
import { recordOf, textOrEmpty } from '../../lib/pure/json.ts'
import type { NewId } from '../../lib/pure/random.ts'
import { admit } from './admission.ts'
import { alreadyExists, badRequest, conflict, invalid, modified, notFound } from './store/errors.ts'
import {
  calendar,
  type Fields,
  keyOf,
  type Meta,
  type Stored,
  sameContent,
  sameDesire,
  without,
} from './store/objects.ts'
import { apiVersionOf, NAMESPACES, NODES, PODS, type Resource } from './store/resources.ts'
import type { Route } from './store/routes.ts'
import type { Store } from './store/store.ts'

export interface World {
  readonly store: Store
  readonly clock: Clock
  /** Of uids and of what `generateName` asks for. */
  readonly newId: NewId
}

export interface Answer {
  readonly code: number
  readonly body: object
}

const NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/
/** What a client sends of these is ignored: the server keeps them. */
const SYSTEM_FIELDS = [
  'uid',
  'resourceVersion',
  'creationTimestamp',
  'generation',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'managedFields',
  'selfLink',
] as const

export function create(world: World, route: Route, body: Fields, dryRun: boolean): Answer {
  const { resource, namespace } = route
  const given = recordOf(body.metadata)
  const name =
    textOrEmpty(given.name) ||
    (given.generateName ? `${textOrEmpty(given.generateName)}${world.newId().slice(0, 5)}` : '')
  const prefix = textOrEmpty(given.generateName)
  // The server takes a dash at its end, and nothing else that no name may end with.
  if (prefix !== '' && !NAME.test(prefix.replace(/-$/, 'a'))) {
    throw invalid(resource, name, [{ field: 'metadata.generateName', message: `Invalid value: "${prefix}"` }])
  }
  checkIdentity(world, route, name, body)
  const key = keyOf(namespace, name)
  if (world.store.get(resource.shelf, key) !== undefined) throw alreadyExists(resource, name)
  const wanted: Stored = {
    ...withoutStatus(resource, body),
    apiVersion: apiVersionOf(resource),
    kind: resource.kind,
    metadata: {
      ...without(given, ...SYSTEM_FIELDS),
      name,
      ...(namespace === undefined ? {} : { namespace }),
      uid: world.newId(),
      resourceVersion: '',
      creationTimestamp: calendar(world.clock.wall()),
      ...(resource.generation ? { generation: 1 } : {}),
    },
  }
  const object = admit(world.store, resource, undefined, wanted)
  return { code: 201, body: dryRun ? object : world.store.put(resource.shelf, key, object) }
}

/**
 * PUT and every kind of PATCH: `produce` gives the object that the client wants, made of the stored one.
 * A client that names a resourceVersion gets a conflict unless it is the stored one.
 */
export function update(
  world: World,
  route: Route & { readonly name: string },
  produce: (current: Stored) => Fields,
  options: { dryRun: boolean },
): Answer {
  const { resource, name } = route
  const key = keyOf(route.namespace, name)
  const current = world.store.get(resource.shelf, key)
  if (current === undefined) throw notFound(resource, name)
  const wanted = produce(current)
  const given = recordOf(wanted.metadata)
  checkIdentity(world, route, textOrEmpty(given.name) || name, wanted)
  if (textOrEmpty(given.name) !== '' && given.name !== name) {
    throw badRequest(`the name of the object (${textOrEmpty(given.name)}) does not match the name on the URL (${name})`)
  }
  if (textOrEmpty(given.uid) !== '' && given.uid !== current.metadata.uid) {
    const why = `Precondition failed: UID in precondition: ${textOrEmpty(given.uid)}, UID in object meta: ${current.metadata.uid}`
    throw conflict(resource, name, why)
  }
  const version = textOrEmpty(given.resourceVersion)
  if (version === '' && !resource.unconditionalUpdate) {
    throw invalid(resource, name, [
      { field: 'metadata.resourceVersion', message: 'Invalid value: 0: must be specified for an update' },
    ])
  }
  if (version !== '' && version !== current.metadata.resourceVersion) throw modified(resource, name)

  const next = admit(world.store, resource, current, compose(route, current, wanted))
  refuseNewFinalizers(resource, current, next)
  if (sameContent(current, next)) return { code: 200, body: current }
  if (options.dryRun) return { code: 200, body: next }
  const after = world.store.put(resource.shelf, key, next)
  const released = after.metadata.deletionTimestamp !== undefined && (after.metadata.finalizers ?? []).length === 0
  // A pod that is going waits for its kubelet, not for finalizers.
  if (released && resource !== PODS) world.store.remove(resource.shelf, key)
  return { code: 200, body: after }
}

/** Removes at once, or only marks when finalizers or a running pod stand in the way. */
export function remove(
  world: World,
  route: Route & { readonly name: string },
  options: Fields,
  dryRun: boolean,
): Answer {
  const { resource, name } = route
  const key = keyOf(route.namespace, name)
  const current = world.store.get(resource.shelf, key)
  if (current === undefined) throw notFound(resource, name)
  const { uid, resourceVersion } = recordOf(options.preconditions)
  if (uid !== undefined && uid !== current.metadata.uid) {
    const why = `Precondition failed: UID in precondition: ${String(uid)}, UID in object meta: ${current.metadata.uid}`
    throw conflict(resource, name, why)
  }
  if (resourceVersion !== undefined && resourceVersion !== current.metadata.resourceVersion) {
    const why = `Precondition failed: ResourceVersion in precondition: ${String(resourceVersion)}, ResourceVersion in object meta: ${current.metadata.resourceVersion}`
    throw conflict(resource, name, why)
  }
  const grace = resource === PODS ? graceOf(current, options) : 0
  const waits = grace > 0 || (current.metadata.finalizers ?? []).length > 0
  if (waits) return { code: 200, body: markDeleted(world, resource, current, { key, grace, dryRun }) }
  const gone = dryRun ? current : (world.store.remove(resource.shelf, key) ?? current)
  if (resource === PODS) return { code: 200, body: gone }
  const details = {
    name,
    ...(resource.group === '' ? {} : { group: resource.group }),
    kind: resource.plural,
    uid: current.metadata.uid,
  }
  return { code: 200, body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details } }
}

function markDeleted(
  world: World,
  resource: Resource,
  current: Stored,
  { key, grace, dryRun }: { key: string; grace: number; dryRun: boolean },
): Stored {
  if (current.metadata.deletionTimestamp !== undefined) return current
  const metadata: Meta = {
    ...current.metadata,
    deletionTimestamp: calendar(world.clock.wall() + grace * 1_000),
    deletionGracePeriodSeconds: grace,
    ...(current.metadata.generation === undefined ? {} : { generation: current.metadata.generation + 1 }),
  }
  const marked = { ...current, metadata }
  return dryRun ? marked : world.store.put(resource.shelf, key, marked)
}

function graceOf(pod: Stored, options: Fields): number {
  const spec = recordOf(pod.spec)
  const phase = recordOf(pod.status).phase
  if (!spec.nodeName || phase === 'Succeeded' || phase === 'Failed') return 0
  return Number(options.gracePeriodSeconds ?? spec.terminationGracePeriodSeconds ?? 30)
}

/** The stored object after the write: only the part that the path is for may change. */
function compose(route: Route, current: Stored, wanted: Fields): Stored {
  const { resource, subresource } = route
  const given = without(recordOf(wanted.metadata), ...SYSTEM_FIELDS)
  const kept = Object.fromEntries(
    SYSTEM_FIELDS.map((field) => [field, current.metadata[field]]).filter(([, value]) => value !== undefined),
  )
  const metadata = { ...given, ...kept, name: current.metadata.name } as Meta
  const identity = { apiVersion: current.apiVersion, kind: current.kind }
  const scoped =
    current.metadata.namespace === undefined ? metadata : { ...metadata, namespace: current.metadata.namespace }
  if (subresource === 'status') {
    const rest =
      resource.status === 'custom' ? without(current, 'status') : { ...without(current, 'status'), metadata: scoped }
    return { ...rest, ...identity, metadata: recordOf(rest).metadata as Meta, ...only(wanted, 'status') }
  }
  const next: Stored = {
    ...(resource.status === 'none' ? wanted : { ...without(wanted, 'status'), ...only(current, 'status') }),
    ...identity,
    metadata: scoped,
  }
  if (!resource.generation || sameDesire(current, next)) return next
  return { ...next, metadata: { ...scoped, generation: (current.metadata.generation ?? 0) + 1 } }
}

function only(object: Fields, field: string): Fields {
  return object[field] === undefined || object[field] === null ? {} : { [field]: object[field] }
}

/** Kinds with a status path start without one; a Node may bring its own. */
function withoutStatus(resource: Resource, body: Fields): Fields {
  return resource.status === 'none' || resource === NODES ? body : without(body, 'status')
}

function refuseNewFinalizers(resource: Resource, current: Stored, next: Stored): void {
  if (current.metadata.deletionTimestamp === undefined) return
  const known = current.metadata.finalizers ?? []
  const added = (next.metadata.finalizers ?? []).filter((finalizer) => !known.includes(finalizer))
  if (added.length === 0) return
  const message = `Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers [${added.map((each) => `"${each}"`).join(', ')}]`
  throw invalid(resource, current.metadata.name, [{ field: 'metadata.finalizers', message }])
}

function checkIdentity(world: World, { resource, namespace }: Route, name: string, body: Fields): void {
  const given = recordOf(body.metadata)
  const expected = apiVersionOf(resource)
  if (textOrEmpty(body.apiVersion) !== '' && body.apiVersion !== expected) {
    throw badRequest(
      `the API version in the data (${textOrEmpty(body.apiVersion)}) does not match the expected API version (${expected})`,
    )
  }
  if (textOrEmpty(body.kind) !== '' && body.kind !== resource.kind) {
    throw badRequest(`${resource.kind}: the kind in the data is ${textOrEmpty(body.kind)}`)
  }
  for (const path of resource.int32) {
    const value = path.split('.').reduce<unknown>((at, key) => recordOf(at)[key], body)
    if (typeof value === 'number' && value !== (value | 0)) {
      throw badRequest(
        `${resource.kind} in version "${resource.version}" cannot be handled as a ${resource.kind}: json: cannot unmarshal number ${value} into Go struct field ${path} of type int32`,
      )
    }
  }
  if (textOrEmpty(given.namespace) !== '' && given.namespace !== namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request')
  }
  if (namespace !== undefined && world.store.get(NAMESPACES.shelf, namespace) === undefined) {
    throw notFound(NAMESPACES, namespace)
  }
  if (name === '') {
    throw invalid(resource, '', [
      { field: 'metadata.name', message: 'Required value: name or generateName is required' },
    ])
  }
  if (name.length > 253 || !NAME.test(name)) {
    const message = `Invalid value: "${name}": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.'`
    throw invalid(resource, name, [{ field: 'metadata.name', message }])
  }
}
