import { badRequest, unknownPath } from './errors.ts'
import type { Stored } from './objects.ts'
import { apiVersionOf, RESOURCES, type Resource, resourceOf } from './resources.ts'

/** What a path asks for. Without a name: the collection. */
export interface Route {
  readonly resource: Resource
  readonly namespace: string | undefined
  readonly name: string | undefined
  readonly subresource: string | undefined
}

/** Reads `/api/v1/...` and `/apis/GROUP/VERSION/...`; throws 404 for what is not served: neither built in nor defined. */
export function parseRoute(path: string, definitions: () => readonly Stored[]): Route {
  const [root, ...parts] = path
    .split('/')
    .filter((part) => part !== '')
    .map(decode)
  const apiVersion = root === 'api' ? parts.shift() : root === 'apis' ? parts.splice(0, 2).join('/') : undefined
  if (apiVersion === undefined) throw unknownPath()

  const inNamespace = parts[0] === 'namespaces' && parts.length > 2
  const namespace = inNamespace ? parts[1] : undefined
  const [plural, name, subresource, ...rest] = inNamespace ? parts.slice(2) : parts
  const isAsked = (each: Resource): boolean => each.plural === plural && apiVersionOf(each) === apiVersion
  const resource = RESOURCES.find(isAsked) ?? definitions().map(resourceOf).find(isAsked)
  if (resource === undefined || rest.length > 0) throw unknownPath()
  if (inNamespace !== resource.namespaced && (inNamespace || name !== undefined)) throw unknownPath()
  return { resource, namespace, name, subresource }
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch (cause) {
    throw badRequest(`path: "${part}" is not URL-encoded: ${String(cause)}`)
  }
}
