import { listOf, recordOf, textOrEmpty } from '../../lib/pure/json.ts'
import type { ApiAnswer } from './dispatch.ts'
import type { Stored } from './store/objects.ts'
import { apiVersionOf, RESOURCES, type Resource, resourceOf } from './store/resources.ts'

const VERBS = ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch']
const SHORT: Readonly<Record<string, readonly string[]>> = {
  nodes: ['no'],
  pods: ['po'],
  namespaces: ['ns'],
  events: ['ev'],
  configmaps: ['cm'],
  persistentvolumes: ['pv'],
  poddisruptionbudgets: ['pdb'],
  customresourcedefinitions: ['crd', 'crds'],
}

interface Served {
  readonly resource: Resource
  readonly shortNames: readonly string[]
  /** The OpenAPI schema; of Kubernetes' own kinds there is none. */
  readonly schema?: object
}

/** What a client asks first: which kinds there are, and what they look like. Undefined: the path is no such question. */
export function discover(path: string, definitions: () => readonly Stored[]): ApiAnswer | undefined {
  if (!/^\/(api|apis|openapi\/v3)(\/|$)/.test(path)) return undefined
  const body = answer(path.replace(/\/$/, ''), () => [...RESOURCES.map(builtin), ...definitions().map(custom)])
  return body === undefined ? undefined : { code: 200, body }
}

function answer(path: string, served: () => readonly Served[]): object | undefined {
  if (path === '/api') return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] }
  if (path === '/apis') {
    const names = new Set(served().flatMap(({ resource: { group } }) => (group === '' ? [] : [group])))
    return { kind: 'APIGroupList', apiVersion: 'v1', groups: [...names].map((name) => groupOf(name, served())) }
  }
  if (path === '/openapi/v3') {
    const versions = new Set(served().map(({ resource }) => rootOf(resource)))
    const paths = [...versions].map((root) => [root, { serverRelativeURL: `/openapi/v3/${root}?hash=1` }])
    return { paths: Object.fromEntries(paths) }
  }
  const about = /^\/openapi\/v3\/(.+)$/.exec(path)?.[1]
  if (about !== undefined) return schemasOf(served().filter(({ resource }) => rootOf(resource) === about))
  const [, root, group = '', version] = path.split('/')
  if (root === 'apis' && version === undefined) {
    return served().some(({ resource }) => resource.group === group) ? groupOf(group, served()) : undefined
  }
  const kinds = served().filter(({ resource }) => `/${rootOf(resource)}` === path)
  return kinds.length === 0 ? undefined : resourceList(kinds)
}

function builtin(resource: Resource): Served {
  return { resource, shortNames: SHORT[resource.plural] ?? [] }
}

function custom(definition: Stored): Served {
  const { names, versions } = recordOf(definition.spec)
  const schema = recordOf(recordOf(listOf(versions)[0]).schema).openAPIV3Schema
  return {
    resource: resourceOf(definition),
    shortNames: listOf(recordOf(names).shortNames).map(textOrEmpty),
    schema: recordOf(schema),
  }
}

/** `api/v1`, `apis/policy/v1`. */
function rootOf(resource: Resource): string {
  return `${resource.group === '' ? 'api' : 'apis'}/${apiVersionOf(resource)}`
}

function groupOf(name: string, served: readonly Served[]): object {
  const found = served.filter(({ resource }) => resource.group === name).map(({ resource }) => resource)
  const versions = [...new Set(found.map(({ version }) => version))].map((version) => {
    return { groupVersion: `${name}/${version}`, version }
  })
  return { kind: 'APIGroup', apiVersion: 'v1', name, versions, preferredVersion: versions[0] }
}

function resourceList(kinds: readonly Served[]): object {
  const resources = kinds.flatMap(({ resource, shortNames }) => {
    const { plural, kind, namespaced, status } = resource
    const one = { name: plural, singularName: kind.toLowerCase(), namespaced, kind, verbs: VERBS, shortNames }
    const part = { name: `${plural}/status`, singularName: '', namespaced, kind, verbs: ['get', 'patch', 'update'] }
    return status === 'none' ? [one] : [one, part]
  })
  const groupVersion = kinds[0] === undefined ? '' : apiVersionOf(kinds[0].resource)
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources }
}

/** By the kind of a path `kubectl explain` finds its schema; by the parameter others know that the server validates. */
function pathOf(resource: Resource): readonly [string, object] {
  const { group, version, kind, plural, namespaced } = resource
  const about = { 'x-kubernetes-group-version-kind': { group, version, kind } }
  const path = `/${rootOf(resource)}${namespaced ? '/namespaces/{namespace}' : ''}/${plural}/{name}`
  return [path, { get: about, patch: { ...about, parameters: [{ name: 'fieldValidation', in: 'query' }] } }]
}

function schemasOf(kinds: readonly Served[]): object | undefined {
  if (kinds.length === 0) return undefined
  const schemas = kinds.map(({ resource, schema }) => {
    const { group, version, kind } = resource
    const about = { 'x-kubernetes-group-version-kind': [{ group, version, kind }] }
    return [`${group || 'core'}.${version}.${kind}`, { type: 'object', ...schema, ...about }]
  })
  const info = { title: 'the embedded API', version: '1' }
  const paths = Object.fromEntries(kinds.map(({ resource }) => pathOf(resource)))
  return { openapi: '3.0.0', info, paths, components: { schemas: Object.fromEntries(schemas) } }
}
