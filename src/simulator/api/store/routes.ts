import { badRequest, unknownPath } from './errors.ts'
import { apiVersionOf, RESOURCES, type Resource } from './resources.ts'

/** What a path asks for. Without a name: the collection. */
export interface Route {
  readonly resource: Resource
  readonly namespace: string | undefined
  readonly name: string | undefined
  readonly subresource: string | undefined
}

/** Reads `/api/v1/...` and `/apis/GROUP/VERSION/...`; throws 404 for what is not served. */
export function parseRoute(path: string): Route {
  const [root, ...parts] = path
    .split('/')
    .filter((part) => part !== '')
    .map(decode)
  const apiVersion = root === 'api' ? parts.shift() : root === 'apis' ? parts.splice(0, 2).join('/') : undefined
  if (apiVersion === undefined) throw unknownPath()

  const inNamespace = parts[0] === 'namespaces' && parts.length > 2
  const namespace = inNamespace ? parts[1] : undefined
  const [plural, name, subresource, ...rest] = inNamespace ? parts.slice(2) : parts
  const resource = RESOURCES.find((each) => each.plural === plural && apiVersionOf(each) === apiVersion)
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
