import { isRecord, recordOf, textOrEmpty } from '../../lib/pure/json.ts'
import { evict } from './eviction.ts'
import type { Lister } from './list.ts'
import {
  ApiError,
  badRequest,
  conflict,
  invalid,
  methodNotAllowed,
  notFound,
  statusOf,
  unknownPath,
} from './store/errors.ts'
import { absorb, present } from './store/event-versions.ts'
import { type Fields, keyOf, type Stored } from './store/objects.ts'
import { applyPatch, JsonPatchError, jsonPatch, mergePatch, metadataOf, strategicPatch } from './store/patch.ts'
import { DEFINITIONS } from './store/resources.ts'
import { parseRoute, type Route } from './store/routes.ts'
import { create, remove, update, type World } from './write.ts'

export interface ApiRequest {
  readonly method: string
  /** Without the query. */
  readonly path: string
  readonly query: URLSearchParams
  /** Parsed; undefined when there was none. */
  readonly body: unknown
  readonly contentType: string
  /** As `kubectl get` asks: as a table. */
  readonly asTable?: boolean
}

/** `text` = the body as JSON already. */
export interface ApiAnswer {
  readonly code: number
  readonly body?: object
  readonly text?: string
}

type Named = Route & { readonly name: string }

/** Everything but watches. Refusals come back as a Status, never as a throw. */
export function dispatch(world: World, lister: Lister, request: ApiRequest): ApiAnswer {
  try {
    return answer(world, lister, request)
  } catch (thrown) {
    if (thrown instanceof ApiError) return { code: thrown.code, body: statusOf(thrown) }
    throw thrown
  }
}

/** The route, or 404 where the kind is not served: those that are not built in need their CRD. */
export function routeOf({ store }: World, path: string): Route {
  return parseRoute(path, () => store.list(DEFINITIONS.shelf))
}

function answer(world: World, lister: Lister, request: ApiRequest): ApiAnswer {
  const route = routeOf(world, request.path)
  const dryRun = dryRunOf(request)
  const { name } = route
  if (name === undefined) {
    if (request.method === 'GET') return { code: 200, text: lister.list(route, request.query) }
    if (request.method !== 'POST') throw methodNotAllowed()
    if (route.resource.namespaced && route.namespace === undefined) throw methodNotAllowed()
    return shown(route, create(world, route, absorb(route.resource, objectOf(request.body)), dryRun))
  }
  const named = { ...route, name }
  if (route.subresource === 'eviction' && route.resource.plural === 'pods') {
    if (request.method !== 'POST') throw methodNotAllowed()
    return evict(world, named, objectOf(request.body), dryRun)
  }
  if (route.subresource !== undefined && (route.subresource !== 'status' || route.resource.status === 'none')) {
    throw unknownPath()
  }
  switch (request.method) {
    case 'GET':
      return shown(route, { code: 200, body: existing(world, named) })
    case 'PUT':
      return shown(route, put(world, named, request, dryRun))
    case 'PATCH':
      return shown(route, patch(world, named, request, dryRun))
    case 'DELETE':
      if (route.subresource !== undefined) throw methodNotAllowed()
      return shown(route, remove(world, named, deleteOptionsOf(request), dryRun))
    default:
      throw methodNotAllowed()
  }
}

function put(world: World, route: Named, request: ApiRequest, dryRun: boolean): ApiAnswer {
  const body = absorb(route.resource, objectOf(request.body))
  const key = keyOf(route.namespace, route.name)
  if (route.resource.createOnUpdate && world.store.get(route.resource.shelf, key) === undefined) {
    const uid = textOrEmpty(metadataOf(body).uid)
    if (uid === '') return create(world, route, body, dryRun)
    const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: `
    throw conflict(route.resource, route.name, why)
  }
  return update(world, route, () => body, { dryRun })
}

function patch(world: World, route: Named, request: ApiRequest, dryRun: boolean): ApiAnswer {
  const { resource } = route
  const { contentType, body } = request
  switch (contentType) {
    case 'application/merge-patch+json':
      return update(world, route, (current) => objectOf(mergePatch(visible(route, current), body)), { dryRun })
    case 'application/strategic-merge-patch+json':
      if (resource.status === 'custom') break
      return update(world, route, (current) => objectOf(strategicPatch(visible(route, current), body)), { dryRun })
    case 'application/json-patch+json':
      return update(world, route, (current) => objectOf(tryJsonPatch(route, visible(route, current), body)), { dryRun })
    case 'application/apply-patch+yaml':
      return apply(world, route, request, dryRun)
  }
  throw new ApiError(
    415,
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${
      resource.status === 'custom' ? '' : 'application/strategic-merge-patch+json, '
    }application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml`,
  )
}

function apply(world: World, route: Named, request: ApiRequest, dryRun: boolean): ApiAnswer {
  if (!request.query.get('fieldManager')) {
    throw new ApiError(
      422,
      'Invalid',
      'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
    )
  }
  const body = objectOf(request.body)
  if (textOrEmpty(body.apiVersion) === '' || textOrEmpty(body.kind) === '')
    throw badRequest('invalid object type: apiVersion and kind must be set')
  const { resource, namespace, name, subresource } = route
  if (world.store.get(resource.shelf, keyOf(namespace, name)) !== undefined) {
    return update(world, route, (current) => objectOf(applyPatch(visible(route, current), body)), { dryRun })
  }
  if (subresource !== undefined) throw notFound(resource, name)
  if (textOrEmpty(metadataOf(body).uid) !== '')
    throw conflict(
      resource,
      name,
      'uid mismatch: the provided object specified a uid, and no existing object was found',
    )
  return create(world, route, { ...body, metadata: { name, ...metadataOf(body) } }, dryRun)
}

function tryJsonPatch(route: Named, current: Fields, body: unknown): unknown {
  try {
    return jsonPatch(current, body)
  } catch (thrown) {
    if (!(thrown instanceof JsonPatchError)) throw thrown
    throw invalid(route.resource, route.name, [{ field: 'patch', message: thrown.message }])
  }
}

function existing(world: World, route: Named): Stored {
  const found = world.store.get(route.resource.shelf, keyOf(route.namespace, route.name))
  if (found === undefined) throw notFound(route.resource, route.name)
  return found
}

/** What a patch is applied to: the object in the spelling of the path's version. */
function visible(route: Route, current: Stored): Fields {
  return present(route.resource, current)
}

function shown(route: Route, answered: ApiAnswer): ApiAnswer {
  const body = recordOf(answered.body)
  return body.kind === route.resource.kind ? { ...answered, body: present(route.resource, body) } : answered
}

function objectOf(body: unknown): Fields {
  if (isRecord(body)) return body
  throw badRequest('the body of the request is not an object')
}

function dryRunOf(request: ApiRequest): boolean {
  const given = request.query.get('dryRun') ?? recordOf(request.method === 'DELETE' ? request.body : undefined).dryRun
  const values = Array.isArray(given) ? given : given ? [given] : []
  if (values.some((value) => value !== 'All')) throw badRequest(`invalid dryRun value: ${JSON.stringify(given)}`)
  return values.length > 0
}

function deleteOptionsOf(request: ApiRequest): Fields {
  const grace = request.query.get('gracePeriodSeconds')
  return { ...(grace === null ? {} : { gracePeriodSeconds: Number(grace) }), ...recordOf(request.body) }
}
